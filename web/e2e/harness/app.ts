/** The app, as its users go through it. */

import { randomBytes } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { mailTo } from "./mail.ts";
import type { Account } from "./server.ts";
import { WORDS, type Words } from "./words.ts";
import type { World } from "./world.ts";

export const PASSWORD = "violet kettle under seven bridges";

/** Where the app is; of the world, what most helpers need. */
export type Place = Pick<World, "origin">;

/** Open the app at a path; fails with a sentence where it was not built. */
export async function openApp(page: Page, world: Place, path: string): Promise<void> {
  await page.goto(world.origin + path);
  const built = await page.locator("script#keyturn").count();
  expect(built, "the app is built into the server: python3 scripts/web.py").toBe(1);
}

/** Fill in the form of the sign-in page. The demo's user stands there; what is typed replaces it. */
export async function fillSignIn(page: Page, account: Account, words: Words = WORDS.en): Promise<void> {
  await page.getByLabel(words.entry.usernameOrEmail).fill(account.username);
  await page.getByLabel(words.entry.password, { exact: true }).fill(account.password);
}

/** The button that sends that form. */
export const signInButton = (page: Page, words: Words = WORDS.en) =>
  page.getByRole("main").getByRole("button", { name: words.entry.signIn.submit, exact: true });

/** The way out that every page for somebody signed in has. */
export const signOutButton = (page: Page, words: Words = WORDS.en) =>
  page.getByRole("button", { name: words.common.signOut, exact: true }).first();

/** Sign in by the form. */
export async function signIn(
  page: Page,
  world: Place,
  account: Account,
  path = "/sign-in",
  words: Words = WORDS.en,
): Promise<void> {
  await openApp(page, world, path);
  await fillSignIn(page, account, words);
  await signInButton(page, words).click();
  await expect(signOutButton(page, words)).toBeVisible();
}

/** A new address that nobody has. */
export const newAddress = (): string => `guest-${randomBytes(5).toString("hex")}@example.com`;

/** Fill and send the sign-up form; ends on the page that asks for the code of the mail. */
export async function askForAccount(
  page: Page,
  world: Place,
  email: string,
  words: Words = WORDS.en,
): Promise<void> {
  await openApp(page, world, "/sign-up");
  await page.getByLabel(words.entry.email).fill(email);
  await page.getByLabel(words.entry.password, { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: words.entry.signUp.submit }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(words.entry.verify.title);
}

const CODE = /\b[A-Z0-9]{4}-[A-Z0-9]{4}\b/;
/** The mails whose code was read. */
const read = new Set<string>();

/** The code in the newest mail to this address that has one and was not read yet; waits for it. */
export async function codeFor(world: World, email: string): Promise<string> {
  const { id, text } = await mailTo(world, email, (mail) => !read.has(mail.id) && CODE.test(mail.text));
  read.add(id);
  return CODE.exec(text)?.[0] ?? "";
}

/** Make an account with its own mailbox, and be signed in with it. */
export async function signUp(
  page: Page,
  world: World,
  words: Words = WORDS.en,
): Promise<Account & { readonly email: string }> {
  const email = newAddress();
  await askForAccount(page, world, email, words);
  await page.getByLabel(words.entry.code).fill(await codeFor(world, email));
  await page.getByRole("button", { name: words.entry.verify.submit, exact: true }).click();
  await expect(signOutButton(page, words)).toBeVisible();
  return { username: email, email, password: PASSWORD };
}

/** Ten minutes go by for the server: what was proven at the sign-in is not recent any more. */
export async function letProofAge(world: World): Promise<void> {
  await world.clock.follow();
}
