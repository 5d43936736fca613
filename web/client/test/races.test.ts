/** What arrives late, twice, or from somebody who has gone. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { reauthenticate, updateProfile } from "../src/account.js";
import type { TokenStorage } from "../src/types.js";
import {
  answer,
  atRefresh,
  browser,
  demo,
  events,
  eventually,
  locks,
  offline,
  pass,
  served,
  signedOut,
  storage,
  when,
} from "./browser.js";
import { somebody } from "./people.js";
import { signer } from "./signer.js";

let kept: Map<string, string>;
let fire: ReturnType<typeof events>;

beforeEach(() => {
  kept = storage();
  fire = events();
});

const name = `keyturn.${served.base.replace(/[^\w.-]+/g, "_")}`;
const known = (session: { status: string; user?: unknown }) =>
  session.status === "signed-in" && Boolean(session.user);
/** Long enough for what was said to have been heard. */
const moment = () => new Promise((resolve) => setTimeout(resolve, 300));

/** Something to wait for, and what ends the waiting. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("without Web Locks and BroadcastChannel", () => {
  beforeEach(() => {
    vi.stubGlobal("BroadcastChannel", undefined);
  });

  test("a page that learns late that nobody was there does not undo a sign-in of another tab", async () => {
    const here = browser();
    const { open, opened } = gate();
    here.rule = atRefresh(async (_request, send) => {
      const response = await send();
      await opened;
      return response;
    });
    const late = here.tab();
    const asked = late.ready();
    await eventually(() => here.sent.length > 0);
    here.rule = null;
    const other = here.tab();
    await other.signIn(demo);
    const memo = kept.get(name);
    open();
    await asked;
    await when(late, known);
    expect(kept.get(name)).toBe(memo);
  });

  test("the last word about a session before is none about the one that another tab has begun", async () => {
    const here = browser();
    const [one, other] = [here.tab(), here.tab()];
    await one.signIn(demo);
    await when(one, known);
    await pass(400);
    const { open, opened } = gate();
    here.rule = atRefresh(async () => {
      await opened;
      return new Response('{"code":"token_not_valid","reason":"session_expired"}', { status: 401 });
    });
    const asked = one.fetch("/home/");
    await eventually(() => here.sent.at(-1) === "POST /token/refresh/");
    here.rule = null;
    await other.signIn(demo);
    open();
    expect((await asked).status).toBe(200);
    expect(one.getSession()).toMatchObject({ id: (other.getSession() as { id: string }).id });
  });

  test.each(["pageshow", "visibilitychange"] as const)(
    "a page that is shown again (%s) after a sign-out in another shows nobody",
    async (event) => {
      const here = browser();
      const [one, other] = [here.tab(), here.tab()];
      await one.signIn(demo);
      await when(one, known);
      await other.ready();
      await other.signOut();
      expect(one.getSession().status).toBe("signed-in");
      fire(event);
      await when(one, signedOut);
    },
  );

  test("a page that is shown again after somebody else signed in shows that user", async () => {
    const person = await somebody();
    const here = browser();
    const [one, other] = [here.tab(), here.tab()];
    await one.signIn(demo);
    await when(one, known);
    await other.signIn(person);
    fire("pageshow");
    await when(one, (now) => now.status === "signed-in" && now.user?.username === person.username);
  });
});

test("a session that has ended is not brought back by a tab that hears of it late", async () => {
  locks();
  const here = browser();
  const client = here.tab();
  const line = new BroadcastChannel(name);
  const said: { kind: string }[] = [];
  line.onmessage = (event) => said.push((event as MessageEvent<{ kind: string }>).data);
  await client.signIn(demo);
  await when(client, known);
  await eventually(() => said.some((message) => message.kind === "token"));
  await client.signOut();
  expect(kept.get(name)).toBe("{}");
  line.postMessage(said.find((message) => message.kind === "token"));
  await moment();
  line.close();
  expect(client.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
});

test("an answer with a token that comes after the sign-out brings nobody back", async () => {
  const person = await somebody();
  const here = browser();
  const client = here.tab({ mode: "bearer" });
  await client.signIn(person);
  await when(client, known);
  const { open, opened } = gate();
  const access = here.requests.at(-1)?.headers.get("Authorization")?.slice(7);
  here.rule = async (request, send) => {
    if (!request.url.endsWith("/reauthenticate")) return send();
    await opened;
    return new Response(JSON.stringify({ status: 200, meta: { access_token: access } }));
  };
  const asked = reauthenticate(client, { password: person.password });
  await eventually(() => here.sent.some((sent) => sent.endsWith("/reauthenticate")));
  // It holds at once; the server hears of it after the answer that tokens wait for.
  const out = client.signOut();
  expect(client.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
  open();
  await Promise.all([asked, out]);
  expect(client.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
});

test("a sign-out while a slow storage takes a new refresh token is one, also after a restart", async () => {
  const { open, opened } = gate();
  const keys = new Map<string, string>();
  let slow = false;
  const keychain: TokenStorage = {
    get: async (key) => keys.get(key) ?? null,
    async set(key, value) {
      if (slow && !/^!/.test(value)) await opened;
      keys.set(key, value);
    },
    remove: async (key) => void keys.delete(key),
  };
  const here = browser();
  const options = { mode: "bearer", storage: keychain } as const;
  const client = here.tab(options);
  await client.signIn(demo);
  await when(client, known);
  await pass(400);
  slow = true;
  const asked = client.fetch("/home/").catch(() => {});
  await eventually(() => here.sent.at(-1) === "POST /token/refresh/");
  await moment();
  const out = client.signOut();
  await moment();
  open();
  await Promise.all([asked, out]);
  expect(client.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
  await eventually(() => keys.size === 0);
  client.close();
  expect((await here.tab(options).ready()).status).toBe("signed-out");
});

test("a page that was opened offline with nobody signed in learns nothing new when the network is back", async () => {
  const here = browser();
  here.rule = offline;
  const client = here.tab();
  expect(await client.ready()).toEqual({ status: "signed-out", reason: null });
  here.rule = null;
  here.sent.length = 0;
  fire("online");
  await eventually(() => here.sent.length > 0);
  await moment();
  expect(client.getSession()).toEqual({ status: "signed-out", reason: null });
  expect(await here.requests.at(-1)?.text()).toBe('{"optional":true}');
});

test("cookies that are missing while a device wakes up are asked for again a while later", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await when(client, known);
  const cookies = new Map(here.cookies);
  here.cookies.clear();
  await pass(28_800);
  here.sent.length = 0;
  for (const name of ["pageshow", "visibilitychange", "online"] as const) {
    const before = here.sent.length;
    fire(name);
    await eventually(() => here.sent.length > before);
    await moment();
  }
  expect(client.getSession().status).toBe("signed-in");
  for (const [name, value] of cookies) here.cookies.set(name, value);
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("a sign-out offline outlasts a page that clears its storage", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await when(client, known);
  here.rule = offline;
  await client.signOut();
  kept.clear();
  here.rule = null;
  fire("online");
  await eventually(() => ![...here.cookies.keys()].some((one) => one.includes("refresh")));
});

describe("what belongs to one user is not taken for another's:", () => {
  test("a request that waited for a refresh", async () => {
    const person = await somebody();
    const here = browser();
    const [one, other] = [here.tab({ dpop: "off" }), here.tab()];
    await one.signIn(demo);
    await when(one, known);
    await when(other, known);
    await pass(400);
    const authorized: (string | null)[] = [];
    const { open, opened } = gate();
    here.rule = async (request, send) => {
      if (request.url.endsWith("/home/")) authorized.push(request.headers.get("Authorization"));
      if (!request.url.endsWith("/token/refresh/")) return send();
      await opened;
      throw new TypeError("fetch failed");
    };
    const asked = one.fetch("/home/").catch(() => null);
    await eventually(() => here.sent.at(-1) === "POST /token/refresh/");
    await other.signIn(person);
    await when(one, (now) => now.status === "signed-in" && now.user?.username === person.username);
    open();
    await asked;
    expect(authorized.filter(Boolean)).toEqual([]);
  });

  test("a changed profile", async () => {
    const person = await somebody();
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    await when(client, known);
    const { open, opened } = gate();
    here.rule = async (request, send) => {
      const response = await send();
      if (request.method === "PATCH") await opened;
      return response;
    };
    const asked = updateProfile(client, { first_name: "Jo" });
    await eventually(() => here.sent.at(-1) === "PATCH /me/");
    await client.signIn(person);
    await when(client, known);
    open();
    await asked;
    expect(client.getSession()).toMatchObject({ user: { username: person.username } });
  });
});

test("a request that is given up while it waits for a refresh is given up at once", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await pass(400);
  here.rule = atRefresh((request) => offline(request, async () => new Response()));
  const end = new AbortController();
  const asked = client.fetch("/home/", { signal: end.signal });
  await when(client, (session) => session.status === "signed-in" && !session.online);
  end.abort();
  const first = await Promise.race([asked.catch((error) => error.name), moment()]);
  expect(first).toBe("AbortError");
});

test("a key that never answers keeps nobody waiting for ever", async () => {
  const own = signer();
  let stuck = false;
  const client = browser().tab({
    timeout: 500,
    dpop: { ...own, sign: (data) => (stuck ? new Promise(() => {}) : own.sign(data)) },
  });
  await client.signIn(demo);
  await pass(400);
  stuck = true;
  await expect(client.call("GET", "/home/")).rejects.toMatchObject({ code: "unreachable" });
  stuck = false;
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("a token that was never valid is no reason to refresh without end", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await when(client, known);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const { id } = client.getSession() as { id: string };
  const access = `${part({})}.${part({ sid: id, sub: "1", iat: 2_000_000_000, exp: 1 })}.x`;
  await pass(400);
  here.rule = atRefresh(answer(200, { access }));
  here.sent.length = 0;
  fire("online");
  await moment();
  expect(here.sent.filter((sent) => sent === "POST /token/refresh/")).toHaveLength(1);
});
