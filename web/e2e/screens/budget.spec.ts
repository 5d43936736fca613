/** What a first visit costs: scripts in gzipped bytes, and how far the page moves while it comes. */

import { gzipSync } from "node:zlib";
import { openApp } from "../harness/app.ts";
import { expect, SHORT_LIVES, test } from "../harness/test.ts";

test.use({ serverEnvironment: SHORT_LIVES });

const MOST_BYTES = 90_000;

test("the first load is under 90 kB of gzipped JavaScript", async ({ page, world }) => {
  const scripts = new Map<string, Promise<number>>();
  page.on("response", (response) => {
    if (response.request().resourceType() !== "script") return;
    const size = response.body().then((body) => gzipSync(body, { level: 6 }).length);
    scripts.set(new URL(response.url()).pathname, size);
  });
  await openApp(page, world, "/");
  await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
  await page.waitForLoadState("networkidle");
  const total = (await Promise.all(scripts.values())).reduce((sum, size) => sum + size, 0);
  console.log(`first load: ${total} bytes of gzipped JavaScript in ${scripts.size} files`);
  expect(scripts.size).toBeGreaterThan(0);
  expect(total).toBeLessThan(MOST_BYTES);
});

for (const [width, viewport] of [
  ["phone", { width: 375, height: 812 }],
  ["desktop", { width: 1280, height: 860 }],
] as const) {
  test(`the first sign-in screen can be used without moving, at ${width} width on a slow line`, async ({
    browser,
    world,
  }) => {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          shifts.push((entry as PerformanceEntry & { value: number }).value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    // "Slow 4G" of Chromium's own developer tools: 1.6 Mbit/s, 150 ms.
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 150,
      downloadThroughput: 200_000,
      uploadThroughput: 90_000,
    });
    await openApp(page, world, "/");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
    await page.getByLabel("User name or e-mail address").fill("somebody");
    await page.waitForLoadState("networkidle");
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    expect(await page.getByLabel("User name or e-mail address").inputValue()).toBe("somebody");
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
    const total = shifts.reduce((sum, one) => sum + one, 0);
    console.log(`layout shift at ${width} width: ${total.toFixed(4)}`);
    expect(total).toBeLessThan(0.001);
    await context.close();
  });
}
