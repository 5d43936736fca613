import { beforeEach, describe, expect, test } from "vitest";
import { changePassword, deleteAccount } from "../src/account.js";
import {
  answer,
  atRefresh,
  browser,
  demo,
  devicePasses,
  events,
  eventually,
  loseReply,
  offline,
  pass,
  type Rule,
  served,
  serverPasses,
  signedIn,
  signedOut,
  storage,
  when,
} from "./browser.js";
import { somebody } from "./people.js";

let fire: ReturnType<typeof events>;

beforeEach(() => {
  storage();
  fire = events();
});

const elsewhere = served.base.replace("127.0.0.1", "localhost");

/** What a refresh may meet that says nothing about the session. */
const SAYS_NOTHING: [string, Rule][] = [
  ["no network", offline],
  ["an answer that is lost on its way back", loseReply],
  ["500 in JSON", answer(500, { detail: "Server error", code: "error" })],
  ["500 in HTML", answer(500, "<h1>Oops</h1>")],
  ["502 of a proxy", answer(502, "<h1>Bad gateway</h1>")],
  ["503 with a reason", answer(503, { code: "unavailable", reason: "session_revoked" })],
  ["429", answer(429, { code: "too_many_attempts", reason: "too_many_attempts" })],
  ["403 of a firewall", answer(403, { code: "permission_denied", reason: "session_revoked" })],
  ["403 of the origin check", answer(403, { code: "origin_refused", detail: "No." })],
  ["404 while the server is being replaced", answer(404, { code: "not_found" })],
  ["400", answer(400, { code: "invalid", reason: "session_revoked" })],
  ["401 in HTML", answer(401, "<h1>Sign in to the hotel's network</h1>")],
  ["401 in JSON of somebody else's", answer(401, { error: "unauthorized" })],
  ["401 with a code and no reason", answer(401, { code: "token_not_valid", detail: "No." })],
  ["401 with an empty body", answer(401, "")],
  ["200 in HTML", answer(200, "<h1>Welcome to the hotel</h1>")],
  ["200 without a token", answer(200, {})],
  ["200 with something that is no token", answer(200, { access: "hello" })],
  ["204", answer(204, null)],
  ["a body that is null", answer(200, null)],
  ["a body that is a list", answer(401, ["session_revoked"])],
];

describe.each(SAYS_NOTHING)("where a refresh meets %s", (_name, rule) => {
  test("the user stays signed in, and goes on as soon as the server is there", async () => {
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    await pass(400);
    here.rule = atRefresh(rule);
    const before = client.getSession();
    const asked = client.fetch("/home/");
    await when(client, (session) => session.status === "signed-in" && !session.online);
    expect(client.getSession()).toMatchObject({ id: before.status === "signed-in" && before.id });
    here.rule = null;
    fire("online");
    expect((await asked).status).toBe(200);
    expect(client.getSession()).toMatchObject({ status: "signed-in", online: true });
  });
});

test("a request that finds no server for long fails as a request does, and the user stays signed in", async () => {
  const here = browser();
  const client = here.tab({ timeout: 1500 });
  await client.signIn(demo);
  await pass(400);
  here.rule = atRefresh(offline);
  await expect(client.fetch("/home/")).rejects.toMatchObject({ code: "unreachable", status: 0 });
  expect(signedIn(client.getSession())).toBe(true);
});

test("a server that does not answer in time is one that cannot be reached", async () => {
  const here = browser();
  const client = here.tab({ timeout: 100 });
  await client.signIn(demo).catch(() => {});
  here.rule = (request) =>
    new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));
  await expect(client.signIn(demo)).rejects.toMatchObject({ code: "unreachable" });
});

test("Retry-After is kept: nothing is asked before", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await pass(400);
  here.rule = atRefresh(answer(429, { code: "throttled" }, { "Retry-After": "60" }));
  await expect(client.fetch("/home/")).rejects.toMatchObject({ code: "unreachable" });
  here.sent.length = 0;
  here.rule = null;
  await expect(client.fetch("/home/")).rejects.toMatchObject({ code: "unreachable" });
  expect(here.sent).toEqual([]);
  devicePasses(61);
  expect((await client.fetch("/home/")).status).toBe(200);
});

test.each(["-5", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"])(
  "Retry-After: %s is no reason to ask without end",
  async (after) => {
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    await when(client, (session) => session.status === "signed-in" && session.user !== null);
    await pass(400);
    here.rule = atRefresh(answer(503, "<h1>Busy</h1>", { "Retry-After": after }));
    here.sent.length = 0;
    fire("online");
    await when(client, (session) => session.status === "signed-in" && !session.online);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(here.sent.length).toBeLessThan(4);
  },
);

describe("the server's last word signs out, and is told:", () => {
  test("session_revoked, of a session that was ended elsewhere", async () => {
    const client = browser().tab();
    await client.signIn(demo);
    const { id } = client.getSession() as { id: string };
    const other = browser(elsewhere).tab();
    await other.signIn(demo);
    await other.sessions.end(id);
    await pass(400);
    expect((await client.fetch("/home/")).status).toBe(401);
    expect(client.getSession()).toEqual({ status: "signed-out", reason: "session_revoked" });
  });

  test("refresh_reused, where somebody else used the refresh token", async () => {
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    const [stolen] = [...here.cookies].filter(([name]) => name.includes("refresh"));
    const thief = await fetch(`${served.base}/token/refresh/`, {
      method: "POST",
      headers: { Cookie: `${stolen?.join("=")}`, Origin: served.base, "X-Keyturn-Client": "web" },
    });
    expect(thief.status).toBe(401);
    await pass(400);
    await client.fetch("/home/");
    expect(client.getSession()).toEqual({ status: "signed-out", reason: "refresh_reused" });
  });

  test("password_changed, where the password was changed on another device", async () => {
    const person = await somebody();
    const client = browser().tab();
    await client.signIn(person);
    const other = browser(elsewhere).tab();
    await other.signIn(person);
    await changePassword(other, { current: person.password, next: "quite another long sentence" });
    expect(signedIn(other.getSession())).toBe(true);
    await pass(400);
    await client.fetch("/home/");
    expect(client.getSession()).toEqual({ status: "signed-out", reason: "password_changed" });
    expect((await other.fetch(`${elsewhere}/home/`)).status).toBe(200);
  });

  test("of an account that was deleted", async () => {
    const person = await somebody();
    const client = browser().tab();
    await client.signIn(person);
    const other = browser(elsewhere).tab();
    await other.signIn(person);
    await deleteAccount(other, { password: person.password });
    expect(other.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
    await pass(400);
    await client.fetch("/home/");
    expect(client.getSession()).toEqual({ status: "signed-out", reason: "session_revoked" });
  });

  test("expired, of a session that was not used for three days", async () => {
    const client = browser().tab();
    await client.signIn(demo);
    await pass(259_200);
    expect((await client.fetch("/home/")).status).toBe(401);
    expect(client.getSession()).toEqual({ status: "signed-out", reason: "expired" });
  });
});

test.each(["bad_signature", "a_word_of_a_newer_server"])(
  "a server that says %s is asked for half a minute before it is believed",
  async (reason) => {
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    await pass(400);
    here.rule = atRefresh(answer(401, { code: "token_not_valid", reason }));
    for (let times = 0; times < 3; times++) {
      const before = here.sent.length;
      const asked = client.fetch("/home/").catch(() => {});
      await when(client, () => here.sent.length > before);
      devicePasses(5);
      expect(signedIn(client.getSession())).toBe(true);
      fire("online");
      await Promise.race([asked, eventually(() => here.sent.length > before + 1)]);
    }
    devicePasses(31);
    await client.fetch("/home/").catch(() => {});
    expect(await when(client, signedOut)).toEqual({ status: "signed-out", reason: "not_recognised" });
  },
);

test("a cookie that is missing once is no sign-out; one that stays missing is", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  const kept = new Map(here.cookies);
  await pass(400);
  here.cookies.clear();
  const asked = client.fetch("/home/");
  await when(client, (session) => session.status === "signed-in" && !session.online);
  for (const [name, value] of kept) here.cookies.set(name, value);
  expect((await asked).status).toBe(200);
  here.cookies.clear();
  await pass(400);
  expect((await client.fetch("/home/")).status).toBe(401);
  expect(client.getSession()).toEqual({ status: "signed-out", reason: "refresh_missing" });
});

test("a page that is opened offline shows who was there, and goes on when the network is back", async () => {
  const here = browser();
  const first = here.tab();
  await first.signIn(demo);
  first.close();
  here.rule = offline;
  const client = here.tab();
  expect(await client.ready()).toMatchObject({
    status: "signed-in",
    user: null,
    online: false,
    binding: "cookie",
  });
  here.rule = null;
  const session = await when(client, (now) => now.status === "signed-in" && now.user !== null);
  expect(session).toMatchObject({ user: { username: "demo" }, online: true });
});

test("a page that nobody was signed in to makes no error at its start, also offline", async () => {
  const here = browser();
  here.rule = offline;
  const client = here.tab();
  expect(await client.ready()).toEqual({ status: "signed-out", reason: null });
  here.rule = null;
  expect(await client.signIn(demo)).toEqual({ step: "signed-in" });
  const fresh = browser(elsewhere);
  await fresh.tab().ready();
  expect(await Promise.all(fresh.requests.map((request) => request.text()))).toEqual(['{"optional":true}']);
  await serverPasses(1);
});
