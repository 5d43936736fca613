/** Looking at a screen: nothing that axe finds, nothing that sticks out sideways; and a picture of it where one is wanted. */

import { resolve } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, expect, type Page } from "@playwright/test";
import { type Language, LOCALES } from "../harness/words.ts";

/** Whether pictures are wanted: of every screen in every width, colour and language. */
export const PICTURING = process.env["KEYTURN_SCREENSHOTS"] === "1";

const PICTURES = resolve(import.meta.dirname, "../screenshots");

const WIDTHS = {
  phone: { width: 375, height: 812 },
  desktop: { width: 1280, height: 860 },
} as const;

type Width = keyof typeof WIDTHS;

type Way = readonly [Width, "light" | "dark", Language];

const PAIRS: readonly Way[] = [
  ["phone", "light", "en"],
  ["phone", "dark", "de"],
  ["desktop", "light", "de"],
  ["desktop", "dark", "en"],
];
const OTHERS: readonly Way[] = PAIRS.map(([width, colours, language]) => [
  width,
  colours,
  language === "en" ? "de" : "en",
]);

/** In what ways every screen is looked at: four that have every pair of width, colours and language; for pictures all. */
export const WAYS: readonly Way[] = PICTURING ? [...PAIRS, ...OTHERS] : PAIRS;

/** A browser of somebody who looks in one of these ways; nothing moves in it. */
export const openIn = (browser: Browser, [width, colorScheme, language]: Way): Promise<BrowserContext> =>
  browser.newContext({
    viewport: WIDTHS[width],
    colorScheme,
    locale: LOCALES[language],
    reducedMotion: "reduce",
    hasTouch: width === "phone",
  });

/** Wait until nothing moves that comes to an end: words that are half faded in have no contrast. */
async function stillness(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    const moving = () =>
      document
        .getAnimations()
        .filter(
          ({ playState, effect }) =>
            playState === "running" && Number.isFinite(Number(effect?.getComputedTiming().endTime)),
        );
    for (let left = moving(); left.length > 0; left = moving())
      await Promise.allSettled(left.map((one) => one.finished));
  });
}

/** @param name of the picture, and of what is wrong. */
export async function look(page: Page, name: string): Promise<void> {
  await stillness(page);
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect.soft(sideways, `${name}: nothing sticks out sideways`).toBeLessThanOrEqual(0);
  expect(page.frames(), `${name}: no frames, which axe would not look into here`).toHaveLength(1);
  // What it calls its legacy mode works in the page alone; the other opens a tab more each time.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
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
