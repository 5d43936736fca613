import { beforeEach, describe, expect, test, vi } from "vitest";
import { changePassword, updateProfile } from "../src/account.js";
import {
  atRefresh,
  browser,
  demo,
  events,
  eventually,
  locks,
  loseReply,
  offline,
  pass,
  signedIn,
  signedOut,
  storage,
  when,
} from "./browser.js";
import { somebody } from "./people.js";

const known = (session: { status: string; user?: unknown }) =>
  session.status === "signed-in" && Boolean(session.user);

describe.each([
  ["with Web Locks and BroadcastChannel", true],
  ["without either", false],
])("%s", (_name, shared) => {
  beforeEach(() => {
    storage();
    events();
    if (shared) locks();
    else vi.stubGlobal("BroadcastChannel", undefined);
  });

  test("ten tabs whose token expires at once all go on", async () => {
    const here = browser();
    const first = here.tab();
    await first.signIn(demo);
    const tabs = [first, ...Array.from({ length: 9 }, () => here.tab())];
    await Promise.all(tabs.map((tab) => tab.ready()));
    for (let round = 0; round < 3; round++) {
      await pass(400);
      here.sent.length = 0;
      const responses = await Promise.all(tabs.map((tab) => tab.fetch("/home/")));
      expect(responses.map((response) => response.status)).toEqual(Array(10).fill(200));
      if (shared) expect(here.sent.filter((one) => one === "POST /token/refresh/")).toHaveLength(1);
    }
    expect(tabs.map((tab) => tab.getSession().status)).toEqual(Array(10).fill("signed-in"));
  });

  test("replies that are lost in every other refresh sign no tab out", async () => {
    const here = browser();
    const first = here.tab();
    await first.signIn(demo);
    const tabs = [first, here.tab(), here.tab()];
    await Promise.all(tabs.map((tab) => tab.ready()));
    let count = 0;
    here.rule = atRefresh((request, send) => (++count % 2 ? loseReply(request, send) : send()));
    await pass(400);
    const responses = await Promise.all(tabs.map((tab) => tab.fetch("/home/")));
    expect(responses.map((response) => response.status)).toEqual([200, 200, 200]);
  });

  test("a tab that is opened later is signed in too", async () => {
    const here = browser();
    await here.tab().signIn(demo);
    expect(await here.tab().ready()).toMatchObject({ status: "signed-in" });
  });
});

describe("what happens in one tab is seen in the others:", () => {
  beforeEach(() => {
    storage();
    locks();
    events();
  });

  test("a sign-in, without a request of theirs, and a sign-out", async () => {
    const here = browser();
    const [one, other] = [here.tab(), here.tab()];
    await Promise.all([one.ready(), other.ready()]);
    here.sent.length = 0;
    await one.signIn(demo);
    expect(await when(other, known)).toMatchObject({ user: { username: "demo" } });
    expect(here.sent.filter((sent) => !sent.includes("/auth/"))).toEqual(["GET /me/"]);
    await one.signOut();
    expect(await when(other, signedOut)).toEqual({ status: "signed-out", reason: "signed_out" });
  });

  test("somebody else who signs in", async () => {
    const person = await somebody();
    const here = browser();
    const [one, other] = [here.tab(), here.tab()];
    await one.signIn(demo);
    await when(other, known);
    await one.signOut();
    await one.signIn(person);
    await when(other, (now) => now.status === "signed-in" && now.user?.username === person.username);
  });

  test("a request of one user is never sent again as another", async () => {
    const person = await somebody();
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    await when(client, known);
    here.rule = async (request, send) => {
      if (!request.url.endsWith("/home/")) return send();
      here.rule = null;
      await client.signOut();
      await client.signIn(person);
      return new Response("{}", { status: 401 });
    };
    here.sent.length = 0;
    expect((await client.fetch("/home/", { method: "GET" })).status).toBe(401);
    expect(here.sent.filter((sent) => sent === "GET /home/")).toHaveLength(1);
  });

  test("a name that is changed, and a new password", async () => {
    const person = await somebody();
    const here = browser();
    const [one, other] = [here.tab(), here.tab()];
    await one.signIn(person);
    await when(other, known);
    await updateProfile(one, { first_name: "Joanna" });
    await when(other, (now) => now.status === "signed-in" && now.user?.["first_name"] === "Joanna");
    const before = (other.getSession() as { id: string }).id;
    await changePassword(one, { current: person.password, next: "quite another long sentence" });
    await when(other, (now) => now.status === "signed-in" && now.id !== before);
    expect((await other.fetch("/home/")).status).toBe(200);
    expect(signedIn(one.getSession())).toBe(true);
  });

  test("a password that is changed while all tabs refresh signs none of them out", async () => {
    const person = await somebody();
    const here = browser();
    const tabs = [here.tab(), here.tab(), here.tab()];
    await tabs[0]?.signIn(person);
    for (const tab of tabs) await when(tab, known);
    await pass(400);
    const [, ...responses] = await Promise.all([
      changePassword(tabs[0] as never, { current: person.password, next: "quite another long sentence" }),
      ...tabs.map((tab) => tab.fetch("/home/")),
    ]);
    expect(responses.map((response) => response.status)).toEqual([200, 200, 200]);
  });

  test("a network that is gone: they take turns, and none tries while another waits", async () => {
    const here = browser();
    const tabs = [here.tab(), here.tab(), here.tab()];
    await tabs[0]?.signIn(demo);
    for (const tab of tabs) await when(tab, known);
    await pass(400);
    const tries: number[] = [];
    here.rule = (request, send) => {
      tries.push(performance.now());
      return offline(request, send);
    };
    here.sent.length = 0;
    const asked = Promise.all(tabs.map((tab) => tab.fetch("/home/")));
    await eventually(() => tries.length > 4);
    here.rule = null;
    // Of three tabs one has failed twice by the fourth try, and all wait its pause, which is longer than a first one.
    const pauses = tries.slice(1, 5).map((at, index) => at - (tries[index] ?? 0));
    expect(Math.max(...pauses)).toBeGreaterThan(190);
    expect((await asked).map((response) => response.status)).toEqual([200, 200, 200]);
  });
});

test("a tab that holds the lock and sleeps keeps nobody out for ever", async () => {
  storage();
  locks();
  const here = browser();
  const client = here.tab({ timeout: 1000 });
  await client.signIn(demo);
  await pass(400);
  const name = `keyturn.${client.options.baseUrl.replace(/[^\w.-]+/g, "_")}`;
  const held = new AbortController();
  navigator.locks.request(name, { signal: held.signal }, () => new Promise(() => {}));
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("replies that are lost for hours, one refresh after another, sign nobody out", async () => {
  storage();
  const here = browser();
  const tab = here.tab({ dpop: "off", timeout: 1000 });
  await tab.signIn(demo);
  for (let turn = 0; turn < 4; turn += 1) {
    await pass(400);
    here.rule = atRefresh(loseReply);
    await expect(tab.fetch("/home/")).rejects.toThrow();
    await pass(3 * 3600);
    here.rule = (_request, send) => send();
    expect((await tab.fetch("/home/")).status).toBe(200);
  }
  expect(tab.getSession()).toMatchObject({ status: "signed-in", binding: "cookie" });
});
