/** What the tests of second factors do over and over, as a reader does it. */

import { expect, type Page } from "@playwright/test";
import { fillSignIn, openApp, signInButton, signOutButton } from "../harness/app.ts";
import { type OtpApp, openOtpApp } from "../harness/otp.ts";
import type { Account } from "../harness/server.ts";
import { WORDS, type Words } from "../harness/words.ts";
import type { World } from "../harness/world.ts";

const words: Words = WORDS.en;

export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
export const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
export const card = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
export const dialog = (page: Page, name: string) => page.getByRole("dialog", { name, exact: true });
export const title = (page: Page) => page.getByRole("heading", { level: 1 });

/** One server serves them all: every test has an account of its own, and limits count by address too. */
export const LIMITS = "login_pair=off,login_account=off,login_address=off,mail_address=off";

export interface SetUp {
  readonly app: OtpApp;
  readonly codes: readonly string[];
}

/** Type the key into an app of ours, and its code into the page; the page shows recovery codes then. */
export async function showTheApp(page: Page, submit: string, all: Words = words): Promise<SetUp> {
  await expect(page.getByRole("img", { name: all.steps.app.picture })).toBeVisible();
  const key = button(page, all.steps.app.key);
  if (await key.isVisible()) await key.click();
  const app = openOtpApp((await page.locator("code.key").innerText()).replace(/\s/g, ""));
  await field(page, all.steps.app.code).fill(await app.next());
  await button(page, submit).click();
  const list = page.getByRole("list", { name: all.steps.codes.label });
  await expect(list).toBeVisible();
  return { app, codes: await list.getByRole("listitem").allInnerTexts() };
}

/** Set an app up on the security page, and keep the recovery codes. */
export async function setUpApp(
  page: Page,
  world: World,
  all: Words = words,
  seen: () => Promise<void> = () => Promise.resolve(),
): Promise<SetUp> {
  await openApp(page, world, "/security");
  await button(page, all.factors.app.setUp).click();
  const made = await showTheApp(page, all.factors.app.confirm, all);
  await seen();
  await button(page, all.steps.codes.kept).click();
  await expect(page.getByText(all.factors.app.done)).toBeVisible();
  return made;
}

/** Make a passkey on the security page, and keep the recovery codes that come with the first factor. */
export async function addPasskey(
  page: Page,
  world: World,
  name: string,
  all: Words = words,
  isFirst = true,
): Promise<void> {
  const { passkeys } = all.factors;
  await openApp(page, world, "/security");
  await button(page, passkeys.add).click();
  await field(page, passkeys.name).fill(name);
  await button(page, passkeys.create).click();
  if (isFirst) await button(page, all.steps.codes.kept).click();
  await expect(page.getByText(passkeys.added(name))).toBeVisible();
}

export async function signOut(page: Page, all: Words = words): Promise<void> {
  await signOutButton(page, all).click();
  await expect(title(page)).toHaveText(all.entry.signIn.title);
}

/** The first step. */
export async function showPassword(page: Page, account: Account, all: Words = words): Promise<void> {
  await fillSignIn(page, account, all);
  await signInButton(page, all).click();
}

/** Send a code of the second step. */
export async function showCode(page: Page, label: string, code: string, all: Words = words): Promise<void> {
  const second = all.steps.secondFactor;
  await expect(title(page)).toHaveText(second.title);
  await field(page, label).fill(code);
  await button(page, second.submit).click();
}
