import { beforeEach, describe, expect, test } from "vitest";
import { changePassword } from "../src/account.js";
import {
  atRefresh,
  browser,
  demo,
  devicePasses,
  events,
  eventually,
  loseReply,
  pass,
  served,
  signedIn,
  storage,
  when,
} from "./browser.js";
import { somebody } from "./people.js";
import { signer } from "./signer.js";

beforeEach(() => {
  storage();
  events();
});

const elsewhere = served.base.replace("127.0.0.1", "localhost");

describe.each(["web", "bearer"] as const)("a session that is bound to a key, in %s mode,", (mode) => {
  test("says so, and its requests carry proofs", async () => {
    const here = browser();
    const client = here.tab({ mode, dpop: signer() });
    await client.signIn(demo);
    expect(client.getSession()).toMatchObject({ binding: "dpop" });
    expect((await client.fetch("/home/?page=2#top")).status).toBe(200);
    const request = here.requests.at(-1);
    expect(request?.headers.get("Authorization")).toMatch(/^DPoP /);
    expect(request?.headers.get("DPoP")).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await client.sessions.list()).not.toHaveLength(0);
  });

  test("is of no use without the key", async () => {
    const here = browser();
    const client = here.tab({ mode, dpop: signer() });
    await client.signIn(demo);
    await client.fetch("/home/");
    const token = here.requests.at(-1)?.headers.get("Authorization")?.replace("DPoP ", "");
    for (const scheme of ["Bearer", "DPoP"]) {
      const answer = await fetch(`${served.base}/home/`, {
        headers: { Authorization: `${scheme} ${token}` },
      });
      expect(answer.status).toBe(401);
    }
  });

  test("recovers a lost reply hours later", async () => {
    const here = browser();
    const client = here.tab({ mode, dpop: signer() });
    await client.signIn(demo);
    for (let times = 0; times < 3; times++) {
      await pass(400);
      here.rule = atRefresh(loseReply);
      const asked = client.fetch("/home/").catch(() => {});
      await when(client, (session) => session.status === "signed-in" && !session.online);
      await pass(14_400);
      here.rule = null;
      await asked;
      expect((await client.fetch("/home/")).status).toBe(200);
    }
  });

  test.each([-3600, 3600, 86_400])(
    "goes on on a device whose clock is off by %d seconds",
    async (seconds) => {
      const here = browser();
      devicePasses(seconds);
      const client = here.tab({ mode, dpop: signer() });
      await client.signIn(demo);
      expect(client.getSession()).toMatchObject({ binding: "dpop" });
      expect((await client.fetch("/home/")).status).toBe(200);
      const posted = await client.fetch("/me/", {
        method: "PATCH",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ first_name: "Jo" }),
      });
      expect(posted.status).toBe(200);
      // Past the life of every nonce.
      await pass(3600);
      expect((await client.fetch("/home/")).status).toBe(200);
    },
  );

  test("stays bound through a change of the password", async () => {
    const person = await somebody();
    const client = browser().tab({ mode, dpop: signer() });
    await client.signIn(person);
    await changePassword(client, { current: person.password, next: "quite another long sentence" });
    expect(client.getSession()).toMatchObject({ status: "signed-in", binding: "dpop" });
    expect((await client.fetch("/home/")).status).toBe(200);
  });
});

test("a session from before there was a key goes on, with the key and without", async () => {
  const here = browser();
  const before = here.tab();
  await before.signIn(demo);
  before.close();
  const client = here.tab({ dpop: signer() });
  expect(await client.ready()).toMatchObject({ status: "signed-in", binding: "cookie" });
  await pass(400);
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("a session whose key is gone from the browser is ended without a cry of theft", async () => {
  const here = browser(elsewhere);
  const before = here.tab({ dpop: signer() });
  await before.signIn(demo);
  await when(before, (session) => session.status === "signed-in" && session.user !== null);
  before.close();
  here.sent.length = 0;
  // As after a browser has cleared its databases and kept its cookies: there is none in Node.
  const client = here.tab({ dpop: "auto" });
  expect(await client.ready()).toEqual({ status: "signed-out", reason: "refresh_missing" });
  await eventually(
    () => here.sent.length > 0 && ![...here.cookies.keys()].some((name) => name.includes("refresh")),
  );
  expect(here.sent).toEqual(["POST /token/blacklist/"]);
  client.close();
  expect(await here.tab({ dpop: "auto" }).ready()).toEqual({ status: "signed-out", reason: null });
});

test("a browser that forbids its databases has sessions bound to the cookie", async () => {
  const refuse = () => {
    throw new DOMException("denied", "SecurityError");
  };
  const before = Object.getOwnPropertyDescriptor(globalThis, "indexedDB");
  Object.defineProperty(globalThis, "indexedDB", { get: refuse, configurable: true });
  try {
    const client = browser().tab({ dpop: "auto" });
    await client.signIn(demo);
    expect(client.getSession()).toMatchObject({ status: "signed-in", binding: "cookie" });
    await pass(400);
    expect((await client.fetch("/home/")).status).toBe(200);
  } finally {
    Reflect.deleteProperty(globalThis, "indexedDB");
    if (before) Object.defineProperty(globalThis, "indexedDB", before);
  }
});

test("a signer that fails leaves everything as it is", async () => {
  const here = browser();
  const own = signer();
  let broken = false;
  const client = here.tab({
    dpop: { ...own, sign: (data) => (broken ? Promise.reject(new Error("locked")) : own.sign(data)) },
  });
  await client.signIn(demo);
  await pass(400);
  broken = true;
  const asked = client.fetch("/home/").catch(() => {});
  await when(client, (session) => session.status === "signed-in" && !session.online);
  broken = false;
  await asked;
  expect((await client.fetch("/home/")).status).toBe(200);
  expect(signedIn(client.getSession())).toBe(true);
});
