/** Every screen of the app, and how to come to it, in any of its languages. */

import { expect, type Page } from "@playwright/test";
import {
  askForAccount,
  fillSignIn,
  newAddress,
  openApp,
  signInButton,
  signOutButton,
} from "../harness/app.ts";
import type { Words } from "../harness/words.ts";
import type { World } from "../harness/world.ts";

export interface Screen {
  readonly name: string;
  readonly signedIn: boolean;
  /** Its title; what must be there before it is looked at. */
  readonly title: (words: Words) => string | RegExp;
  come(page: Page, world: World, words: Words): Promise<void>;
  /** What has to be done before one can go on to another. */
  leave?(page: Page): Promise<void>;
}

const at = (path: string) => (page: Page, world: World) => openApp(page, world, path);

/** A dialog of the security page, or a form that opens in it, by the button that opens it. */
const onSecurity =
  (button: (words: Words) => string) =>
  async (page: Page, world: World, words: Words): Promise<void> => {
    await openApp(page, world, "/security");
    await page.getByRole("button", { name: button(words), exact: true }).click();
    await expect(page.getByRole("dialog").or(page.locator("main form")).first()).toBeVisible();
  };

/** Another session of the demo's user: a program's. */
async function signInElsewhere({ server }: World): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/token/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(server.demo),
  });
  expect(answer.status).toBe(200);
}

const security = (words: Words) => words.security.title;

export const SCREENS: readonly Screen[] = [
  { name: "sign-in", signedIn: false, title: (words) => words.entry.signIn.title, come: at("/sign-in") },
  {
    name: "sign-in-errors",
    signedIn: false,
    title: (words) => words.entry.signIn.title,
    async come(page, world, words) {
      await openApp(page, world, "/sign-in");
      await fillSignIn(page, { username: "", password: "" }, words);
      await signInButton(page, words).click();
      await expect(page.getByText(words.problems.field.required).first()).toBeVisible();
    },
  },
  {
    name: "sign-in-wrong",
    signedIn: false,
    title: (words) => words.entry.signIn.title,
    async come(page, world, words) {
      await openApp(page, world, "/sign-in");
      await fillSignIn(page, { username: `nobody-${Date.now()}`, password: "not the password" }, words);
      await signInButton(page, words).click();
      await expect(page.getByText(words.problems.field.bad_credentials)).toBeVisible();
    },
  },
  { name: "sign-up", signedIn: false, title: (words) => words.entry.signUp.title, come: at("/sign-up") },
  {
    name: "sign-up-errors",
    signedIn: false,
    title: (words) => words.entry.signUp.title,
    async come(page, world, words) {
      await openApp(page, world, "/sign-up");
      await page.getByLabel(words.entry.email).fill("somebody@example.com");
      await page.getByLabel(words.entry.password, { exact: true }).fill("12345678");
      await page.getByRole("button", { name: words.entry.signUp.submit }).click();
      await expect(page.locator("[aria-invalid=true]").first()).toBeVisible();
    },
  },
  {
    name: "verify-email",
    signedIn: false,
    title: (words) => words.entry.verify.title,
    come: (page, world, words) => askForAccount(page, world, newAddress(), words),
  },
  {
    name: "verify-email-link",
    signedIn: false,
    title: (words) => words.entry.verify.linkTitle,
    async come(page, world, words) {
      await openApp(page, world, "/verify-email?key=of-no-mail");
      await page.getByRole("button", { name: words.entry.verify.linkSubmit }).click();
      await expect(page.getByText(words.problems.form.link_invalid)).toBeVisible();
    },
  },
  {
    name: "forgot-password",
    signedIn: false,
    title: (words) => words.entry.forgot.title,
    come: at("/forgot-password"),
  },
  {
    name: "reset-password-link",
    signedIn: false,
    title: (words) => words.entry.reset.title,
    async come(page, world, words) {
      await openApp(page, world, "/reset-password?key=of-no-mail");
      await page
        .getByLabel(words.entry.newPassword, { exact: true })
        .fill("violet kettle under seven bridges");
      await page.getByRole("button", { name: words.entry.reset.submit }).click();
      await expect(page.getByText(words.problems.form.link_invalid)).toBeVisible();
    },
  },
  {
    name: "sign-in-code",
    signedIn: false,
    title: (words) => words.steps.mailCode.askTitle,
    come: at("/sign-in/code"),
  },
  {
    name: "sign-in-code-sent",
    signedIn: false,
    title: (words) => words.steps.mailCode.title,
    async come(page, world, words) {
      await openApp(page, world, "/sign-in/code");
      await page.getByLabel(words.entry.email).fill(newAddress());
      await page.getByRole("button", { name: words.steps.mailCode.askSubmit }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(words.steps.mailCode.title);
    },
  },
  {
    name: "sign-in-link",
    signedIn: false,
    title: (words) => words.steps.mailLink.title,
    async come(page, world, words) {
      await openApp(page, world, "/sign-in/link?key=of-no-mail");
      await page.getByRole("button", { name: words.steps.mailLink.submit }).click();
      await expect(page.getByText(words.problems.form.link_invalid)).toBeVisible();
    },
  },
  {
    name: "sign-in-link-cut-off",
    signedIn: false,
    title: (words) => words.steps.mailLink.missingTitle,
    come: at("/sign-in/link"),
  },
  {
    name: "provider-unavailable",
    signedIn: false,
    title: (words) => words.steps.provider.failedTitle,
    come: at("/sign-in/provider?error=provider_unavailable"),
  },
  {
    name: "provider-sign-up",
    signedIn: false,
    title: (words) => words.steps.providerSignUp.title,
    come: at("/sign-up/provider"),
  },
  {
    name: "not-found",
    signedIn: false,
    title: (words) => words.common.notFoundTitle,
    async come(page, world) {
      await openApp(page, world, "/sign-in");
      // The server knows the app's addresses; one that it does not know is met within the app alone.
      await page.evaluate(() => history.pushState(null, "", "/nowhere"));
    },
  },
  {
    name: "reset-password",
    signedIn: false,
    title: (words) => words.entry.reset.title,
    async come(page, world, words) {
      await openApp(page, world, "/forgot-password");
      await page.getByLabel(words.entry.email).fill(newAddress());
      await page.getByRole("button", { name: words.entry.forgot.submit }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(words.entry.reset.title);
    },
  },
  { name: "overview", signedIn: true, title: (words) => new RegExp(words.home.hello(".+")), come: at("/") },
  {
    name: "overview-offline",
    signedIn: true,
    title: (words) => new RegExp(words.home.hello(".+")),
    async come(page, world, words) {
      await openApp(page, world, "/");
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(new RegExp(words.home.hello(".+")));
      await page.context().setOffline(true);
      await page.getByRole("button", { name: words.home.tryIt }).click();
      await expect(page.getByText(words.common.offlineTitle, { exact: true })).toBeVisible();
      await expect(page.getByText(words.problems.form.network)).toBeVisible();
    },
    leave: (page) => page.context().setOffline(false),
  },
  { name: "profile", signedIn: true, title: (words) => words.profile.title, come: at("/profile") },
  { name: "security", signedIn: true, title: security, come: at("/security") },
  {
    name: "security-sign-out-others",
    signedIn: true,
    title: security,
    async come(page, world, words) {
      await signInElsewhere(world);
      await onSecurity((all) => all.security.sessions.endOthers)(page, world, words);
    },
  },
  {
    name: "security-change-email",
    signedIn: true,
    title: security,
    come: onSecurity((words) => words.security.email.change),
  },
  {
    name: "security-change-password",
    signedIn: true,
    title: security,
    come: onSecurity((words) => words.security.password.change),
  },
  {
    name: "security-delete",
    signedIn: true,
    title: security,
    come: onSecurity((words) => words.security.remove.open),
  },
  { name: "activity", signedIn: true, title: (words) => words.activity.title, come: at("/activity") },
  {
    name: "signed-out",
    signedIn: true,
    title: (words) => words.entry.signIn.title,
    async come(page, world, words) {
      await openApp(page, world, "/profile");
      await signOutButton(page, words).click();
      await expect(page.getByText(words.reasons.signed_out.title, { exact: true })).toBeVisible();
    },
  },
];
