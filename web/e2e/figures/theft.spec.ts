/** What becomes of a thief: one with the stolen cookie and without the binding, and one who copied an unbound token. */

import type { BrowserContext, Cookie } from "@playwright/test";
import { startClock } from "../harness/hours.ts";
import { answered, diaryOf, openTab, sessionOf, signInTab } from "../harness/tabs.ts";
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
    await signInTab(page, world.server.demo);
    expect(await answered(page)).toBe(200);

    const theirs = await browser.newContext();
    await theirs.addCookies(await stealCookies(mine, loot));
    const thief = await openTab(theirs, world, { dpop: false, seed: 2 });
    // Before the server has answered, nobody is signed in there for no reason at all.
    await expect.poll(() => sessionOf(thief)).toEqual({ status: "signed-out", reason: "refresh_reused" });
    const refused = world.proxy.passages.filter(
      (one) => one.path === "/token/refresh/" && one.status === 401,
    );
    expect(refused.length).toBeGreaterThan(0);

    await page.evaluate(() => window.tab.ask());
    await hours.pass(6 * SECOND);
    await expect.poll(() => sessionOf(page)).toEqual({ status: "signed-out", reason: "refresh_reused" });
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
  // Past the owner's network, which may be broken.
  const answer = await fetch(`http://127.0.0.1:${world.server.port}/token/refresh/`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "User-Agent": userAgent },
    body: JSON.stringify({ refresh }),
  });
  if (answer.status === 401) return null;
  expect(answer.status).toBe(200);
  return (await answer.json()) as { access: string; refresh: string };
}

/** The owner's lid is closed: nothing that their client sends by itself comes between what the thief does. */
async function closeLid({ proxy }: World): Promise<void> {
  proxy.network = "broken";
  proxy.breakAll();
  await expect.poll(() => proxy.working()).toBe(0);
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
    await signInTab(page, world.server.demo);
    world.proxy.incoming = null;
    expect(copied).not.toBe("");
    const userAgent = await page.evaluate(() => navigator.userAgent);

    let uses = 0;
    let last: { access: string; refresh: string } | null = null;
    for (let next: string | undefined = copied; next; next = last?.refresh) {
      uses += 1;
      if (!acts) await closeLid(world);
      // Of a token that its owner replaced a moment ago, another showing is taken for a lost reply: the thief comes later.
      if (!acts && uses > 1) await world.clock.jump(20 * SECOND);
      const taken = await use(world, next, userAgent);
      if (taken === null) break;
      last = taken;
      expect(uses).toBeLessThan(3);
      if (acts) {
        await page.evaluate(() => window.tab.work());
        await hours.pass(acts);
      } else {
        await hours.sleep(20 * SECOND);
      }
      // The owner's token of before has run out: for an answer they have shown their refresh token since.
      await answered(page);
    }
    console.log(`unbound thief, owner ${habit}: refused at use ${uses}`);
    expect(uses).toBeLessThanOrEqual(3);
    expect(uses).toBeGreaterThan(1);
    world.proxy.network = "up";
    await page.evaluate(() => window.tab.rest());
    await page.evaluate(() => window.tab.ask());
    await expect.poll(async () => (await diaryOf(page)).signOuts).toEqual(["refresh_reused"]);
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
