/** Browsers that lack something, and servers that are not what the client was made for. */

import type { BrowserContext, Page } from "@playwright/test";
import { type Hours, startClock } from "../harness/hours.ts";
import { answered, diaries, openTab, sessionOf, signInTab, type TabOptions } from "../harness/tabs.ts";
import { expect, SHORT_LIVES, test } from "../harness/test.ts";
import { badWeather } from "../harness/weather.ts";
import { openWorld, type World } from "../harness/world.ts";

test.use({ serverEnvironment: SHORT_LIVES });

const SECOND = 1000;
const NO_STORAGE = `const no = () => { throw new DOMException("Access is denied.", "SecurityError"); };
for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: no });
IDBFactory.prototype.open = no;`;
const BROKEN_DATABASE = `IDBFactory.prototype.open = function () {
  const request = new EventTarget();
  request.error = new DOMException("No.", "UnknownError");
  setTimeout(() => { const event = new Event("error"); request.dispatchEvent(event); request.onerror?.(event); }, 5);
  return request;
};`;
const NO_TALK =
  "delete window.BroadcastChannel; Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });";

async function signedIn(context: BrowserContext, world: World, options: TabOptions): Promise<[Page, Hours]> {
  const hours = await startClock(context, world);
  const page = await openTab(context, world, options);
  await signInTab(page, world.server.demo);
  return [page, hours];
}

test("tabs that cannot talk and cannot lock lose nobody and end nothing in 401", async ({
  context,
  world,
}) => {
  const [first, hours] = await signedIn(context, world, { dpop: false, seed: 1, without: NO_TALK });
  const pages = [first];
  for (const seed of [2, 3])
    pages.push(await openTab(context, world, { dpop: false, seed, without: NO_TALK }));
  world.proxy.fates = badWeather({ lost: 0.2, slowest: 3 * SECOND, seed: 5 });
  for (const page of pages) await page.evaluate(() => window.tab.work());
  await hours.pass(60 * SECOND);
  await hours.sleep(8 * 3600 * SECOND);
  await hours.pass(15 * SECOND);
  world.proxy.fates = null;
  await expect.poll(async () => (await diaries(pages)).fine, { timeout: 120_000 }).toBeGreaterThan(15);
  const diary = await diaries(pages);
  console.log(
    `no locks, no channel: ${diary.fine} answers, ${diary.unauthorized} in 401, ${diary.signOuts.length} sign-outs`,
  );
  expect(diary.signOuts).toEqual([]);
  expect(diary.unauthorized).toBe(0);
});

for (const [lack, without] of [
  ["storage is disabled", NO_STORAGE],
  ["the database breaks", BROKEN_DATABASE],
] as const) {
  test(`where ${lack} the device cookie binds the session, and it lasts`, async ({ context, world }) => {
    const [page, hours] = await signedIn(context, world, { dpop: true, seed: 1, without });
    expect(await page.evaluate(() => window.tab.client.getSession())).toMatchObject({
      status: "signed-in",
      binding: "cookie",
    });
    await hours.pass(12 * SECOND);
    expect(await answered(page)).toBe(200);
    const again = await openTab(context, world, { dpop: true, seed: 2, without });
    // Until the server has answered it is a guess, and without storage nothing is there to guess from.
    await expect.poll(() => sessionOf(again)).toMatchObject({ status: "signed-in" });
    await again.evaluate(() => window.tab.client.signOut());
    await expect.poll(() => sessionOf(page)).toMatchObject({ status: "signed-out" });
  });
}

test("a browser that takes no cookies is told so by a sign-out with a reason, not by a storm of requests", async ({
  context,
  world,
}) => {
  world.proxy.incoming = (_, reply) => {
    delete reply.headers["set-cookie"];
  };
  const [page, hours] = await signedIn(context, world, { dpop: false, seed: 1 });
  expect(await answered(page)).toBe(200);
  await hours.pass(30 * SECOND);
  await page.evaluate(() => window.tab.ask());
  await expect.poll(() => sessionOf(page)).toEqual({ status: "signed-out", reason: "refresh_missing" });
  const asked = world.proxy.passages.filter((one) => one.path === "/token/refresh/");
  // What comes too late is asked for once more: the longer it all takes, the more often.
  expect(asked.length).toBeLessThan(8 + hours.now() / (5 * SECOND));
});

test("an older server that answers with the refresh token is used from memory, with one warning", async ({
  context,
  world,
}) => {
  const warnings: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "warning") warnings.push(message.text());
  });
  // Such a server knows neither the header nor the cookies, and its tree for browsers wants Django's CSRF token.
  world.proxy.outgoing = (path, headers) => {
    for (const name of ["x-keyturn-client", "origin", "cookie", "dpop"]) delete headers[name];
    return path.replace("/auth/browser/", "/auth/app/");
  };
  const [page, hours] = await signedIn(context, world, { dpop: true, seed: 1 });
  expect(await page.evaluate(() => window.tab.client.getSession())).toMatchObject({
    status: "signed-in",
    binding: "none",
  });
  await page.evaluate(() => window.tab.work());
  await hours.pass(30 * SECOND);
  await page.evaluate(() => window.tab.rest());
  expect(await diaries([page])).toMatchObject({ unauthorized: 0, signOuts: [] });
  expect(warnings.filter((text) => /no cookie/.test(text))).toHaveLength(1);
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toMatch(
    /eyJ/,
  );
});

test("a server that refuses this client's sign-in says so, and nobody is signed in", async ({
  context,
  world,
}) => {
  world.proxy.outgoing = (_, headers) => {
    for (const name of ["x-keyturn-client", "origin", "cookie", "dpop"]) delete headers[name];
    return undefined;
  };
  await startClock(context, world);
  const page = await openTab(context, world, { dpop: true, seed: 1 });
  const refused = page.evaluate(
    (account) =>
      window.tab.signIn(account).then(
        () => "signed in",
        (error: unknown) => String(error),
      ),
    world.server.demo,
  );
  expect(await refused).toContain("CSRF");
  expect(await page.evaluate(() => window.tab.client.getSession().status)).toBe("signed-out");
});

test("a captive portal, a 500 and a 403 sign nobody out", async ({ context, world }) => {
  const [page, hours] = await signedIn(context, world, { dpop: true, seed: 1 });
  await page.evaluate(() => window.tab.work());
  for (const [status, type, body] of [
    [200, "text/html", "<html>Accept our terms</html>"],
    [401, "text/html", "<html>Log in to this network</html>"],
    [500, "application/json", '{"detail": "No.", "code": "error"}'],
    [403, "application/json", '{"detail": "No.", "code": "origin_refused"}'],
    [429, "application/json", '{"detail": "No.", "code": "throttled"}'],
    [401, "application/json", '{"reason": "something_new", "code": "token_not_valid"}'],
  ] as const) {
    world.proxy.incoming = (path, reply) => {
      if (path !== "/token/refresh/") return;
      Object.assign(reply, { status, headers: { "content-type": type }, body: Buffer.from(body) });
    };
    await hours.pass(12 * SECOND);
    expect(await page.evaluate(() => window.tab.client.getSession().status), `after ${status} ${body}`).toBe(
      "signed-in",
    );
    world.proxy.incoming = null;
    await hours.pass(25 * SECOND);
    expect(await answered(page), `after ${status} ${body}`).toBe(200);
  }
  expect((await diaries([page])).signOuts).toEqual([]);
});

test("two Keyturns on one host do not touch each other's sessions", async ({ context, world }) => {
  const neighbour = await openWorld(JSON.parse(SHORT_LIVES) as Record<string, string>);
  try {
    const [here, hours] = await signedIn(context, world, { dpop: false, seed: 1 });
    const there = await openTab(context, neighbour, { dpop: false, seed: 2 });
    await signInTab(there, neighbour.server.demo);
    const names = (await context.cookies()).map((cookie) => cookie.name);
    expect(names.filter((name) => name.includes("refresh"))).toHaveLength(2);
    await hours.pass(12 * SECOND);
    expect(await answered(there)).toBe(200);
    await there.evaluate(() => window.tab.client.signOut());
    await hours.pass(12 * SECOND);
    expect(await answered(here)).toBe(200);
    await here.reload();
    await here.evaluate(() => window.tab.ready());
    expect(await answered(here)).toBe(200);
    expect(await sessionOf(here)).toMatchObject({ status: "signed-in", online: true });
  } finally {
    await neighbour.close();
  }
});

test("a sign-out without network is at once here, and the server hears of it later", async ({
  context,
  world,
}) => {
  const [page] = await signedIn(context, world, { dpop: true, seed: 1 });
  const other = await openTab(context, world, { dpop: true, seed: 2 });
  const cookie = (await context.cookies()).find((one) => one.name.includes("refresh"));
  await context.setOffline(true);
  expect(cookie).toBeDefined();
  void page.evaluate(() => window.tab.client.signOut());
  for (const tab of [page, other])
    await expect.poll(() => sessionOf(tab)).toEqual({ status: "signed-out", reason: "signed_out" });
  await context.setOffline(false);
  await expect
    .poll(async () => (await context.cookies()).filter((one) => one.name.includes("refresh")))
    .toEqual([]);
  const third = await openTab(context, world, { dpop: true, seed: 3 });
  expect(await sessionOf(third)).toMatchObject({ status: "signed-out" });
});

test("no token is ever in storage, an address or the console", async ({ context, world }) => {
  const said: string[] = [];
  context.on("console", (message) => void said.push(message.text()));
  context.on("request", (request) => void said.push(request.url()));
  const [page, hours] = await signedIn(context, world, { dpop: true, seed: 1 });
  await hours.pass(12 * SECOND);
  await page.evaluate(() => window.tab.ask());
  const stored = await page.evaluate(async () => {
    const names = (await indexedDB.databases()).map((one) => one.name ?? "");
    const rows = await Promise.all(
      names.map(
        (name) =>
          new Promise<string>((done) => {
            const opened = indexedDB.open(name);
            opened.onsuccess = () => {
              const stores = [...opened.result.objectStoreNames];
              if (stores.length === 0) return done("");
              const all = stores.map(
                (store) =>
                  new Promise<string>((told) => {
                    const got = opened.result.transaction(store).objectStore(store).getAll();
                    got.onsuccess = () => told(JSON.stringify(got.result));
                  }),
              );
              void Promise.all(all).then((texts) => done(texts.join()));
            };
          }),
      ),
    );
    return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, rows, document.cookie]);
  });
  expect(stored).not.toMatch(/eyJ[\w-]{10}/);
  expect(said.join("\n")).not.toMatch(/eyJ[\w-]{10}/);
});
