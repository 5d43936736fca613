/** The app, as its users go through it. */

import { randomBytes } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { mailTo } from "./mail.ts";
import type { Account } from "./server.ts";
import type { World } from "./world.ts";

export const PASSWORD = "violet kettle under seven bridges";

/** Open the app at a path; fails with a sentence where it was not built. */
export async function openApp(page: Page, world: World, path: string): Promise<void> {
  await page.goto(world.origin + path);
  const built = await page.locator("script#keyturn").count();
  expect(built, "the app is built into the server: python3 scripts/web.py").toBe(1);
}

/** Sign in by the form. The demo's user is filled in; what is typed replaces it. */
export async function signIn(page: Page, world: World, account: Account, path = "/sign-in"): Promise<void> {
  await openApp(page, world, path);
  await page.getByLabel("User name or e-mail address").fill(account.username);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("main").getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("button", { name: "Sign out", exact: true }).first()).toBeVisible();
}

/** A new address that nobody has. */
export const newAddress = (): string => `guest-${randomBytes(5).toString("hex")}@example.com`;

/** Fill and send the sign-up form; ends on the page that asks for the code of the mail. */
export async function askForAccount(page: Page, world: World, email: string): Promise<void> {
  await openApp(page, world, "/sign-up");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make the account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Confirm your address");
}

/** The code in the newest mail to this address. */
export async function codeFor(world: World, email: string): Promise<string> {
  const { text } = await mailTo(world, email);
  const code = /\b[A-Z0-9]{3,5}-?[A-Z0-9]{3,5}\b/.exec(text)?.[0];
  if (!code) throw new Error(`No code in the mail:\n${text}`);
  return code;
}

/** Make an account with its own mailbox, and be signed in with it. */
export async function signUp(page: Page, world: World): Promise<Account & { readonly email: string }> {
  const email = newAddress();
  await askForAccount(page, world, email);
  await page.getByLabel("Code from the mail").fill(await codeFor(world, email));
  await page.getByRole("button", { name: "Confirm", exact: true }).click();
  await expect(page.getByRole("button", { name: "Sign out", exact: true }).first()).toBeVisible();
  return { username: email, email, password: PASSWORD };
}
