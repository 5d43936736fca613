import { beforeEach, describe, expect, test } from "vitest";
import { browser, demo, events, eventually, locks, offline, served, storage, when } from "./browser.js";

let fire: ReturnType<typeof events>;
let kept: Map<string, string>;

beforeEach(() => {
  kept = storage();
  locks();
  fire = events();
});

/** Whether the server still knows the session of this access token. */
const lives = async (authorization: string) =>
  (await fetch(`${served.base}/home/`, { headers: { Authorization: authorization } })).status === 200;

describe.each([{ everywhere: false }, { everywhere: true }])("a sign-out without network (%o)", (how) => {
  test("is one at once, and the server hears of it when the network is back", async () => {
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    await client.fetch("/home/");
    const used = here.requests.at(-1)?.headers.get("Authorization") ?? "";
    here.rule = offline;
    await client.signOut(how);
    expect(client.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
    expect(await lives(used)).toBe(true);
    here.rule = null;
    fire("online");
    await eventually(async () => !(await lives(used)));
    await eventually(() => [...kept.values()].join() === "{}");
  });

  test("outlasts a reload: nothing is refreshed before the server knows", async () => {
    const here = browser();
    const first = here.tab();
    await first.signIn(demo);
    await first.fetch("/home/");
    const used = here.requests.at(-1)?.headers.get("Authorization") ?? "";
    here.rule = offline;
    await first.signOut(how);
    first.close();
    const second = here.tab();
    expect(await second.ready()).toEqual({ status: "signed-out", reason: "signed_out" });
    second.close();
    here.rule = null;
    const third = here.tab();
    expect((await third.ready()).status).toBe("signed-out");
    await eventually(async () => !(await lives(used)));
    expect(third.getSession().status).toBe("signed-out");
  });
});

test("who signs in again after it is signed in, and the session before is ended", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await client.fetch("/home/");
  const used = here.requests.at(-1)?.headers.get("Authorization") ?? "";
  here.rule = offline;
  await client.signOut();
  here.rule = null;
  await client.signIn(demo);
  expect(client.getSession().status).toBe("signed-in");
  await eventually(async () => !(await lives(used)));
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("a refresh that was on its way when the user signed out brings nobody back", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  let answerIt = () => {};
  const held = new Promise<void>((resolve) => {
    answerIt = resolve;
  });
  here.rule = async (request, send) => {
    const response = await send();
    if (request.url.endsWith("/token/refresh/")) await held;
    return response;
  };
  const other = here.tab();
  // Alone, without other tabs to ask: the request that is held.
  client.close();
  here.sent.length = 0;
  const asked = other.ready();
  await eventually(() => here.sent.includes("POST /token/refresh/"));
  const out = other.signOut();
  answerIt();
  await Promise.all([asked, out]);
  expect(other.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
  here.rule = null;
  expect((await here.tab().ready()).status).toBe("signed-out");
});

test("a second sign-out is no error", async () => {
  const client = browser().tab();
  await client.signIn(demo);
  await Promise.all([client.signOut(), client.signOut()]);
  await client.signOut();
  expect(await when(client, (now) => now.status === "signed-out")).toEqual({
    status: "signed-out",
    reason: "signed_out",
  });
});

test("a second sign-out takes nothing back of one everywhere that the server has not heard of", async () => {
  const here = browser();
  const other = browser(served.base.replace("127.0.0.1", "localhost")).tab();
  await other.signIn(demo);
  const client = here.tab();
  await client.signIn(demo);
  here.rule = offline;
  await client.signOut({ everywhere: true });
  await client.signOut();
  here.rule = null;
  fire("online");
  await eventually(async () => (await other.fetch(`${other.options.baseUrl}/home/`)).status === 401);
});
