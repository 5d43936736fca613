/**
 * Every screen at phone and desktop width, light and dark: axe finds nothing, nothing sticks out sideways, the console
 * stays empty. `KEYTURN_SCREENSHOTS=1` leaves a picture of each in `e2e/screenshots/`.
 */

import { resolve } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { signIn } from "../harness/app.ts";
import { expect, SHORT_LIVES, test } from "../harness/test.ts";
import { SCREENS } from "./screens.ts";

test.use({ serverEnvironment: SHORT_LIVES });

const PICTURES = resolve(import.meta.dirname, "../screenshots");
const WIDTHS = { phone: { width: 375, height: 812 }, desktop: { width: 1280, height: 860 } } as const;

async function look(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect.soft(sideways, `${name}: nothing sticks out sideways`).toBeLessThanOrEqual(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(
    (one) => `${one.id}: ${one.help} (${one.nodes.map((node) => node.html).join(" | ")})`,
  );
  expect.soft(told, `${name}: axe`).toEqual([]);
  if (process.env["KEYTURN_SCREENSHOTS"] === "1") {
    await page.screenshot({ path: resolve(PICTURES, `${name}.png`), fullPage: true });
  }
}

for (const [width, viewport] of Object.entries(WIDTHS)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`every screen is sound at ${width} width in ${colorScheme}`, async ({ browser, world }) => {
      const context = await browser.newContext({
        viewport,
        colorScheme,
        reducedMotion: "reduce",
        hasTouch: width === "phone",
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        // A refused form is answered 4xx, which Chromium tells the console by itself.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          complaints.push(message.text());
      });
      let signedIn = false;
      for (const screen of SCREENS) {
        await test.step(screen.name, async () => {
          if (screen.signedIn && !signedIn) {
            await signIn(page, world, world.server.demo);
            signedIn = true;
          }
          await screen.come(page, world);
          if (screen.title) await expect(page.getByRole("heading", { level: 1 })).toHaveText(screen.title);
          else await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
          await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
          await look(page, `${screen.name}-${width}-${colorScheme}`);
        });
      }
      expect(complaints).toEqual([]);
      await context.close();
    });
  }
}
