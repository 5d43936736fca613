/** Tabs with the page of the figures in them. */

import type { Session } from "@keyturn/client";
import { type BrowserContext, expect, type Page } from "@playwright/test";
import type { Diary } from "../page/tab.ts";
import { seedScript } from "./random.ts";
import type { Account } from "./server.ts";
import type { World } from "./world.ts";

export interface TabOptions {
  /** Whether the session is bound to a key of the browser; the device cookie binds it otherwise. */
  readonly dpop: boolean;
  readonly seed: number;
  /** "bearer": the client keeps the refresh token in its memory, and nothing binds the session. */
  readonly mode?: "web" | "bearer";
  /** Run in the page before anything else: what the browser lacks. */
  readonly without?: string;
}

/** Open a tab and wait until its client knows whether somebody is signed in. */
export async function openTab(context: BrowserContext, world: World, options: TabOptions): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(seedScript(options.seed));
  if (options.without) await page.addInitScript(options.without);
  const wishes = new URLSearchParams({ dpop: options.dpop ? "auto" : "off", mode: options.mode ?? "web" });
  const broken: string[] = [];
  page.on("pageerror", (error) => broken.push(String(error)));
  await page.goto(`${world.origin}/e2e/tab.html?${wishes}`);
  // The module has run once the page is loaded.
  expect(await page.evaluate(() => "tab" in window), broken.join()).toBe(true);
  await page.evaluate(() => window.tab.ready());
  return page;
}

/** What the client of a tab knows of its session. */
export const sessionOf = (page: Page): Promise<Session> =>
  page.evaluate(() => window.tab.client.getSession());

/**
 * Sign in. Again where the server could not be reached: the client's time-out is a fifth of itself in this world, and the first
 * sign-in at a server that has just started takes a busy machine longer.
 */
export async function signInTab(page: Page, account: Account): Promise<Session> {
  let session: Session | undefined;
  await expect(async () => {
    session = await page.evaluate((who) => window.tab.signIn(who), account);
  }).toPass({ timeout: 60_000 });
  return session ?? sessionOf(page);
}

/**
 * What the app's next request is answered with. Asked again as long as it fails on the way: of the seconds after which the app
 * gives up, a busy machine's own delays may take all.
 */
export async function answered(page: Page): Promise<number> {
  let status = 0;
  const ask = async (): Promise<number> => {
    status = await page.evaluate(() => window.tab.ask());
    return status;
  };
  await expect.poll(ask, { message: "the app is answered" }).not.toBe(0);
  return status;
}

export const diaryOf = (page: Page): Promise<Diary> => page.evaluate(() => window.tab.diary);

/** All tabs' diaries as one. */
export async function diaries(pages: readonly Page[]): Promise<Diary> {
  const all = await Promise.all(pages.map(diaryOf));
  const sum = (of: (diary: Diary) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    fine: sum((one) => one.fine),
    failed: sum((one) => one.failed),
    unauthorized: sum((one) => one.unauthorized),
    other: all.flatMap((one) => one.other),
    signOuts: all.flatMap((one) => one.signOuts),
    slowest: Math.max(...all.map((one) => one.slowest)),
  };
}
