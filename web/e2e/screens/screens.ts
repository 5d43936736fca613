/** Every screen of the app, and how to come to it. */

import { expect, type Page } from "@playwright/test";
import { askForAccount, newAddress, openApp, signIn } from "../harness/app.ts";
import type { World } from "../harness/world.ts";

export interface Screen {
  readonly name: string;
  readonly signedIn: boolean;
  /** Its title; what must be there before it is looked at. */
  readonly title: string;
  come(page: Page, world: World): Promise<void>;
}

const at = (path: string) => (page: Page, world: World) => openApp(page, world, path);

async function securityDialog(page: Page, world: World, button: string): Promise<void> {
  await openApp(page, world, "/security");
  await page.getByRole("button", { name: button, exact: true }).click();
  await expect(
    page.getByRole("dialog").or(page.locator("form input[type=password]").first()).first(),
  ).toBeVisible();
}

export const SCREENS: readonly Screen[] = [
  { name: "sign-in", signedIn: false, title: "Sign in", come: at("/sign-in") },
  {
    name: "sign-in-errors",
    signedIn: false,
    title: "Sign in",
    async come(page, world) {
      await openApp(page, world, "/sign-in");
      await page.getByLabel("User name or e-mail address").fill("");
      await page.getByLabel("Password", { exact: true }).fill("");
      await page.getByRole("main").getByRole("button", { name: "Sign in", exact: true }).click();
      await expect(page.getByText("Fill this in.").first()).toBeVisible();
    },
  },
  {
    name: "sign-in-wrong",
    signedIn: false,
    title: "Sign in",
    async come(page, world) {
      await openApp(page, world, "/sign-in");
      await page.getByLabel("User name or e-mail address").fill(`nobody-${Date.now()}`);
      await page.getByLabel("Password", { exact: true }).fill("not the password");
      await page.getByRole("main").getByRole("button", { name: "Sign in", exact: true }).click();
      await expect(page.getByText("That name and that password do not go together.")).toBeVisible();
    },
  },
  { name: "sign-up", signedIn: false, title: "Make an account", come: at("/sign-up") },
  {
    name: "sign-up-errors",
    signedIn: false,
    title: "Make an account",
    async come(page, world) {
      await openApp(page, world, "/sign-up");
      await page.getByLabel("E-mail address").fill("somebody@example.com");
      await page.getByLabel("Password", { exact: true }).fill("12345678");
      await page.getByRole("button", { name: "Make the account" }).click();
      await expect(page.locator("[aria-invalid=true]").first()).toBeVisible();
    },
  },
  {
    name: "verify-email",
    signedIn: false,
    title: "Confirm your address",
    come: (page, world) => askForAccount(page, world, newAddress()),
  },
  { name: "forgot-password", signedIn: false, title: "Forgot your password?", come: at("/forgot-password") },
  {
    name: "reset-password",
    signedIn: false,
    title: "Choose a new password",
    async come(page, world) {
      await openApp(page, world, "/forgot-password");
      await page.getByLabel("E-mail address").fill(newAddress());
      await page.getByRole("button", { name: "Send the mail" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a new password");
    },
  },
  { name: "overview", signedIn: true, title: "", come: at("/") },
  { name: "profile", signedIn: true, title: "Profile", come: at("/profile") },
  { name: "security", signedIn: true, title: "Security", come: at("/security") },
  {
    name: "security-change-password",
    signedIn: true,
    title: "Security",
    come: (page, world) => securityDialog(page, world, "Change password"),
  },
  {
    name: "security-delete",
    signedIn: true,
    title: "Security",
    come: (page, world) => securityDialog(page, world, "Delete account…"),
  },
  { name: "activity", signedIn: true, title: "Activity", come: at("/activity") },
  {
    name: "signed-out",
    signedIn: true,
    title: "Sign in",
    async come(page, world) {
      await openApp(page, world, "/profile");
      await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
      await expect(page.getByText("You are signed out")).toBeVisible();
    },
  },
];

export { signIn };
