/** Looking at a screen: nothing that axe finds, nothing that sticks out sideways; and a picture of it where one is wanted. */

import { resolve } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Whether pictures are wanted: of every screen in every width, colour and language. */
export const PICTURING = process.env["KEYTURN_SCREENSHOTS"] === "1";

const PICTURES = resolve(import.meta.dirname, "../screenshots");

export const WIDTHS = {
  phone: { width: 375, height: 812 },
  desktop: { width: 1280, height: 860 },
} as const;

export type Width = keyof typeof WIDTHS;

/** @param name of the picture, and of what is wrong. */
export async function look(page: Page, name: string): Promise<void> {
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
  if (PICTURING) await page.screenshot({ path: resolve(PICTURES, `${name}.png`), fullPage: true });
}

/** Collect what the console of a page complains of. A refused form is answered 4xx, which Chromium says by itself. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  return complaints;
}
