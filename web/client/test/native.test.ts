/** As on React Native: no window, no document, no WebCrypto, no storage of the browser's, no other tabs. */
import { beforeEach, expect, test, vi } from "vitest";
import type { TokenStorage } from "../src/types.js";
import { browser, demo, eventually, offline, pass, served } from "./browser.js";
import { signer } from "./signer.js";

beforeEach(() => {
  for (const name of ["crypto", "BroadcastChannel", "indexedDB", "localStorage", "navigator", "location"]) {
    vi.stubGlobal(name, undefined);
  }
});

/** The Keychain: keys of letters, digits, dots, dashes and underscores only. */
function keychain(): TokenStorage & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const sound = (key: string) => expect(key).toMatch(/^[\w.-]+$/);
  return {
    kept,
    async get(key) {
      sound(key);
      return kept.get(key) ?? null;
    },
    async set(key, value) {
      sound(key);
      kept.set(key, value);
    },
    async remove(key) {
      kept.delete(key);
    },
  };
}

test("a session outlasts the end of the program, by the storage", async () => {
  const here = browser();
  const storage = keychain();
  const first = here.tab({ mode: "bearer", storage });
  await first.signIn(demo);
  first.close();
  const second = here.tab({ mode: "bearer", storage });
  expect(await second.ready()).toMatchObject({ status: "signed-in", binding: "none" });
  await pass(400);
  expect((await second.fetch(`${served.base}/home/`)).status).toBe(200);
  expect(storage.kept.size).toBe(1);
});

test("bearer is what there is without a page", async () => {
  const here = browser();
  const client = here.tab();
  client.close();
  const { createClient } = await import("../src/index.js");
  const own = createClient({ baseUrl: served.base });
  await own.signIn(demo);
  expect(own.getSession()).toMatchObject({ status: "signed-in", binding: "none" });
  expect((await own.fetch("/home/")).status).toBe(200);
  await own.signOut();
  own.close();
});

test("a native key binds the session", async () => {
  const here = browser();
  const storage = keychain();
  const key = signer();
  const first = here.tab({ mode: "bearer", storage, dpop: key });
  await first.signIn(demo);
  first.close();
  const second = here.tab({ mode: "bearer", storage, dpop: key });
  expect(await second.ready()).toMatchObject({ status: "signed-in", binding: "dpop" });
  expect((await second.fetch("/home/")).status).toBe(200);
});

test("offline at the start the user is still there", async () => {
  const here = browser();
  const storage = keychain();
  const first = here.tab({ mode: "bearer", storage });
  await first.signIn(demo);
  first.close();
  here.rule = offline;
  const second = here.tab({ mode: "bearer", storage });
  expect(await second.ready()).toMatchObject({ status: "signed-in", user: null, online: false });
});

test.each([false, true])(
  "a sign-out offline outlasts the end of the program (everywhere: %s)",
  async (everywhere) => {
    const here = browser();
    const storage = keychain();
    const first = here.tab({ mode: "bearer", storage });
    await first.signIn(demo);
    const [refresh] = storage.kept.values();
    here.rule = offline;
    await first.signOut({ everywhere });
    first.close();
    const second = here.tab({ mode: "bearer", storage });
    expect((await second.ready()).status).toBe("signed-out");
    second.close();
    here.rule = null;
    const third = here.tab({ mode: "bearer", storage });
    expect((await third.ready()).status).toBe("signed-out");
    await eventually(() => storage.kept.size === 0);
    const verified = await fetch(`${served.base}/token/verify/`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: refresh }),
    });
    expect(verified.status).toBe(401);
  },
);

test("a storage that fails leaves the session in memory", async () => {
  const here = browser();
  const storage = { ...keychain(), set: () => Promise.reject(new Error("no room")) };
  const client = here.tab({ mode: "bearer", storage });
  await client.signIn(demo);
  await pass(400);
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("two users of one program share nothing", async () => {
  const here = browser();
  const [one, other] = [here.tab({ mode: "bearer" }), here.tab({ mode: "bearer" })];
  await one.signIn(demo);
  expect((await other.ready()).status).toBe("signed-out");
  await other.signIn(demo);
  await one.signOut();
  expect(other.getSession().status).toBe("signed-in");
});
