/** What becomes of a thief: one with the stolen cookie and without the binding, and one who copied an unbound token. */

import type { BrowserContext, Cookie } from "@playwright/test";
import { startClock } from "../harness/hours.ts";
import { diaryOf, openTab } from "../harness/tabs.ts";
import { expect, SHORT_LIVES, test } from "../harness/test.ts";
import type { World } from "../harness/world.ts";

test.use({ serverEnvironment: SHORT_LIVES });

const REFRESH = /keyturn_refresh_[0-9a-f]{8}$/;
const SECOND = 1000;

async function stealCookies(context: BrowserContext, which: (cookie: Cookie) => boolean): Promise<Cookie[]> {
  const stolen = (await context.cookies()).filter(which);
  expect(stolen.some((cookie) => REFRESH.test(cookie.name))).toBe(true);
  return stolen;
}

for (const [binding, dpop, loot] of [
  ["the device cookie", false, (cookie: Cookie) => REFRESH.test(cookie.name)],
  ["a key of the browser", true, () => true],
] as const) {
  test(`a session bound to ${binding} dies at the thief's first use, and its owner is told why`, async ({
    browser,
    world,
  }) => {
    const mine = await browser.newContext();
    const hours = await startClock(mine, world);
    const page = await openTab(mine, world, { dpop, seed: 1 });
    await page.evaluate((account) => window.tab.signIn(account), world.server.demo);
    expect(await page.evaluate(() => window.tab.ask())).toBe(200);

    const theirs = await browser.newContext();
    await theirs.addCookies(await stealCookies(mine, loot));
    const thief = await openTab(theirs, world, { dpop: false, seed: 2 });
    const got = await thief.evaluate(() => window.tab.client.getSession());
    expect(got).toEqual({ status: "signed-out", reason: "refresh_reused" });
    const refused = world.proxy.passages.filter(
      (one) => one.path === "/token/refresh/" && one.status === 401,
    );
    expect(refused.length).toBeGreaterThan(0);

    await page.evaluate(() => window.tab.ask());
    await hours.pass(6 * SECOND);
    expect(await page.evaluate(() => window.tab.client.getSession())).toEqual({
      status: "signed-out",
      reason: "refresh_reused",
    });
    expect((await diaryOf(page)).signOuts).toEqual(["refresh_reused"]);
    console.log(`thief without ${binding}: refused at use 1; the owner hears refresh_reused`);
    await mine.close();
    await theirs.close();
  });
}

/** Use a refresh token as a thief with the same browser would. Returns the next one, or null once it is refused. */
async function use(
  world: World,
  refresh: string,
  userAgent: string,
): Promise<{ access: string; refresh: string } | null> {
  await world.proxy.before();
  const answer = await fetch(`${world.origin}/token/refresh/`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "User-Agent": userAgent },
    body: JSON.stringify({ refresh }),
  });
  if (answer.status === 401) return null;
  expect(answer.status).toBe(200);
  return (await answer.json()) as { access: string; refresh: string };
}

for (const [habit, acts] of [
  ["works on", 20 * SECOND],
  ["comes back now and then", 0],
] as const) {
  test(`an unbound stolen token is dead by its third use while its owner ${habit}`, async ({
    browser,
    world,
  }) => {
    const context = await browser.newContext();
    const hours = await startClock(context, world);
    const page = await openTab(context, world, { dpop: false, seed: 3, mode: "bearer" });
    let copied = "";
    world.proxy.incoming = (_, reply) => {
      const token = /"refresh(?:_token)?": ?"([^"]+)"/.exec(reply.body.toString())?.[1];
      if (token) copied = token;
    };
    await page.evaluate((account) => window.tab.signIn(account), world.server.demo);
    world.proxy.incoming = null;
    expect(copied).not.toBe("");
    const userAgent = await page.evaluate(() => navigator.userAgent);

    let uses = 0;
    let last: { access: string; refresh: string } | null = null;
    for (let next: string | undefined = copied; next; next = last?.refresh) {
      uses += 1;
      const taken = await use(world, next, userAgent);
      if (taken === null) break;
      last = taken;
      expect(uses).toBeLessThan(3);
      if (acts) {
        await page.evaluate(() => window.tab.work());
        await hours.pass(acts);
      } else {
        await hours.sleep(20 * SECOND);
        await page.evaluate(() => window.tab.ask());
      }
    }
    console.log(`unbound thief, owner ${habit}: refused at use ${uses}`);
    expect(uses).toBeLessThanOrEqual(3);
    expect(uses).toBeGreaterThan(1);
    await page.evaluate(() => window.tab.rest());
    await page.evaluate(() => window.tab.ask());
    expect((await diaryOf(page)).signOuts).toEqual(["refresh_reused"]);
    // What the thief still holds opens nothing any more.
    await expect
      .poll(
        async () =>
          (await fetch(`${world.origin}/home/`, { headers: { Authorization: `Bearer ${last?.access}` } }))
            .status,
      )
      .toBe(401);
    await context.close();
  });
}
