/**
 * The figures of the promise: five tabs of an honest user, ten minutes of the worst network, the lid closed for a
 * night. Nobody is signed out, no request of the app ends in 401, and the tabs refresh as one.
 */

import { startClock } from "../harness/hours.ts";
import { answered, diaries, openTab, signInTab } from "../harness/tabs.ts";
import { expect, SHORT_LIVES, test } from "../harness/test.ts";
import { badWeather } from "../harness/weather.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LIFETIME = 5 * SECOND;
const TABS = 5;

test.use({ serverEnvironment: SHORT_LIVES });

for (const [binding, dpop] of [
  ["dpop", true],
  ["cookie", false],
] as const) {
  test(`five tabs live through ten minutes and a night, bound by ${binding}`, async ({ browser, world }) => {
    const context = await browser.newContext();
    const { proxy } = world;
    proxy.passages.length = 0;
    const hours = await startClock(context, world);
    const first = await openTab(context, world, { dpop, seed: 1 });
    const session = await signInTab(first, world.server.demo);
    expect(session).toMatchObject({ status: "signed-in", binding });
    const pages = [first];
    for (let seed = 2; seed <= TABS; seed += 1) pages.push(await openTab(context, world, { dpop, seed }));
    for (const page of pages) await page.evaluate(() => window.tab.work());

    const begun = proxy.passages.length;
    const start = hours.now();
    proxy.fates = badWeather({ lost: 0.2, slowest: 3 * SECOND, seed: dpop ? 11 : 12 });
    await hours.pass(2 * MINUTE);
    // A router that refuses: every connection breaks.
    proxy.network = "broken";
    proxy.breakAll();
    await hours.pass(20 * SECOND);
    proxy.network = "up";
    await hours.pass(2 * MINUTE);
    // The cable is out, and the browser knows it.
    await context.setOffline(true);
    proxy.breakAll();
    await hours.pass(8 * SECOND);
    await context.setOffline(false);
    await hours.pass(90 * SECOND);
    await hours.sleep(8 * 60 * MINUTE);
    await hours.pass(90 * SECOND);
    // A tunnel: nothing comes through, and nothing says so.
    proxy.network = "swallowing";
    await hours.pass(45 * SECOND);
    proxy.breakAll();
    proxy.network = "up";
    await hours.pass(10 * MINUTE - (hours.now() - start));
    const ended = proxy.passages.length;
    const diary = await diaries(pages);

    // The weather clears: every tab still works.
    proxy.fates = null;
    for (const page of pages) await page.evaluate(() => window.tab.rest());
    await hours.pass(15 * SECOND);
    for (const page of pages) expect(await answered(page)).toBe(200);

    const refreshes = proxy.passages.slice(begun, ended).filter((one) => one.path === "/token/refresh/");
    const heard = refreshes.filter((one) => one.status !== null);
    // Of one generation the server gives the identical token however often it is asked: each is one refresh.
    const made = new Set(heard.map((one) => one.successor).filter(Boolean));
    const perLifetime = made.size / ((10 * MINUTE) / LIFETIME);
    const refused = heard.filter((one) => one.status === 401);
    console.log(
      `${binding}: ${TABS} tabs, ${diary.fine} answers, ${diary.failed} lost on the way, ` +
        `${diary.unauthorized} ended in 401, ${diary.signOuts.length} sign-outs; ${made.size} refreshes, ` +
        `${perLifetime.toFixed(2)} a lifetime (asked for ${heard.length} times: ${heard.filter((one) => one.fate === "lost").length} replies lost, ` +
        `${refreshes.length - heard.length} never arrived); slowest answer ${(diary.slowest / SECOND).toFixed(1)} s`,
    );
    expect(diary.signOuts).toEqual([]);
    expect(diary.unauthorized).toBe(0);
    expect(diary.other).toEqual([]);
    expect(refused).toEqual([]);
    expect(perLifetime).toBeLessThanOrEqual(1.2);
    // The weather was as bad as it is meant to be, and the app was used.
    expect(heard.filter((one) => one.fate === "lost").length).toBeGreaterThan(heard.length / 10);
    expect(diary.fine).toBeGreaterThan(250);
    await context.close();
  });
}
