/** The authenticator app in a browser: set up, asked for, recovery codes, step-up, removed. */

import type { Page } from "@playwright/test";
import { openApp, PASSWORD, signOutButton, signUp } from "../harness/app.ts";
import type { OtpApp } from "../harness/otp.ts";
import type { Account } from "../harness/server.ts";
import { expect, test } from "../harness/test.ts";
import { WORDS } from "../harness/words.ts";
import {
  button,
  card,
  dialog,
  field,
  LIMITS,
  setUpApp,
  showCode,
  showPassword,
  showTheApp,
  signOut,
  title,
} from "./factors.ts";
import { complaintsOf, look } from "./look.ts";

test.use({ serverEnvironment: JSON.stringify({ KEYTURN_LIMITS: LIMITS }) });

const words = WORDS.en;
const { app, codes } = words.factors;
const second = words.steps.secondFactor;
const stepUp = words.steps.stepUp;

/** Signed in by the password alone, on a device that is trusted: enough to look around, and not for what weakens. */
async function signInTrusted(page: Page, account: Account, otp: OtpApp): Promise<void> {
  await signOut(page);
  await showPassword(page, account);
  await expect(title(page)).toHaveText(second.title);
  await page.getByLabel(second.trust(30)).check();
  await showCode(page, second.code, await otp.next());
  await expect(signOutButton(page)).toBeVisible();
  await signOut(page);
  await showPassword(page, account);
  await expect(signOutButton(page)).toBeVisible();
}

test("an app is set up by its key, asked for at the next sign-in, and a code is good once", async ({
  page,
  world,
}) => {
  const complaints = complaintsOf(page);
  const account = await signUp(page, world);
  await openApp(page, world, "/security");
  await button(page, app.setUp).click();
  await expect(page.getByRole("img", { name: words.steps.app.picture })).toBeVisible();
  const drawn = await page
    .getByRole("img", { name: words.steps.app.picture })
    .evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0);
  expect(drawn, "the QR code is a picture that the page's policy lets through").toBe(true);
  await look(page, "app-set-up");
  await field(page, words.steps.app.code).fill("000000");
  await button(page, app.confirm).click();
  await expect(field(page, words.steps.app.code)).toHaveAttribute("aria-invalid", "true");
  const { app: otp, codes: made } = await showTheApp(page, app.confirm);
  await look(page, "app-recovery-codes");
  expect(new Set(made).size).toBe(10);
  await button(page, words.steps.codes.kept).click();
  await expect(page.getByText(app.done)).toBeVisible();
  await expect(card(page, codes.title).getByText(codes.left(10, 10))).toBeVisible();

  await signOut(page);
  await showPassword(page, account);
  await expect(field(page, second.code)).toBeVisible();
  await look(page, "app-second-step");
  await showCode(page, second.code, otp.last());
  await expect(field(page, second.code)).toHaveAttribute("aria-invalid", "true");
  await showCode(page, second.code, await otp.next());
  await expect(signOutButton(page)).toBeVisible();
  expect(complaints).toEqual([]);
});

test("a recovery code is the way back, once, and new ones take the others' place", async ({
  page,
  world,
}) => {
  const complaints = complaintsOf(page);
  const account = await signUp(page, world);
  const { app: otp, codes: made } = await setUpApp(page, world);
  const [first = "", another = ""] = made;
  await signOut(page);
  await showPassword(page, account);
  await button(page, second.useRecovery).click();
  await look(page, "app-recovery-code");
  await showCode(page, second.recovery, first.toLowerCase().replace(/-/g, " "));
  await expect(signOutButton(page)).toBeVisible();
  await openApp(page, world, "/security");
  await expect(card(page, codes.title).getByText(codes.left(9, 10))).toBeVisible();

  await button(page, codes.make).click();
  await look(page, "app-new-codes");
  await dialog(page, codes.sureTitle).getByRole("button", { name: codes.make, exact: true }).click();
  await expect(page.getByRole("list", { name: words.steps.codes.label })).toBeVisible();
  await button(page, words.steps.codes.kept).click();
  await expect(card(page, codes.title).getByText(codes.left(10, 10))).toBeVisible();

  await signOut(page);
  await showPassword(page, account);
  for (const spent of [first, another]) {
    await button(page, second.useRecovery).or(field(page, second.recovery)).first().click();
    await showCode(page, second.recovery, spent);
    await expect(field(page, second.recovery)).toHaveAttribute("aria-invalid", "true");
  }
  await button(page, second.useApp).click();
  await showCode(page, second.code, await otp.next());
  await expect(signOutButton(page)).toBeVisible();
  expect(complaints).toEqual([]);
});

test("removing the app asks for its code first, on a trusted device too", async ({ page, world }) => {
  const complaints = complaintsOf(page);
  const account = await signUp(page, world);
  const { app: otp } = await setUpApp(page, world);
  await signInTrusted(page, account, otp);
  await openApp(page, world, "/security");
  await card(page, app.title).getByRole("button", { name: app.remove, exact: true }).click();
  await dialog(page, app.removeTitle).getByRole("button", { name: app.remove, exact: true }).click();
  const prompt = dialog(page, stepUp.title);
  await expect(prompt.getByLabel(second.code, { exact: true })).toBeFocused();
  await look(page, "app-step-up");
  await prompt.getByLabel(second.code, { exact: true }).fill("000000");
  await prompt.getByRole("button", { name: stepUp.go, exact: true }).click();
  await expect(prompt.getByLabel(second.code, { exact: true })).toHaveAttribute("aria-invalid", "true");
  await prompt.getByLabel(second.code, { exact: true }).fill(await otp.next());
  await prompt.getByRole("button", { name: stepUp.go, exact: true }).click();
  await expect(page.getByText(app.removed)).toBeVisible();
  await expect(page.getByText(app.off)).toBeVisible();

  await signOut(page);
  await showPassword(page, account);
  await expect(signOutButton(page)).toBeVisible();
  expect(complaints).toEqual([]);
});

test("a password is changed after one prompt, with the page behind it as it was", async ({ page, world }) => {
  const account = await signUp(page, world);
  const { app: otp } = await setUpApp(page, world);
  await signInTrusted(page, account, otp);
  await openApp(page, world, "/security");
  await button(page, words.security.password.change).click();
  await field(page, words.security.password.current).fill(PASSWORD);
  await field(page, words.security.password.next).fill("nine quiet lanterns by the river");
  await card(page, words.security.password.title).locator("button[type=submit]").click();
  const prompt = dialog(page, stepUp.title);
  await prompt.getByLabel(second.code, { exact: true }).fill(await otp.next());
  await prompt.getByRole("button", { name: stepUp.go, exact: true }).click();
  await expect(page.getByText(words.security.password.changed)).toBeVisible();
  // The device is trusted no more.
  await signOut(page);
  await showPassword(page, { ...account, password: "nine quiet lanterns by the river" });
  await expect(title(page)).toHaveText(second.title);
});

test("opened by itself, the second step says how to begin", async ({ page, world }) => {
  await openApp(page, world, "/sign-in/second-factor");
  await showCode(page, second.code, "000000");
  await expect(page.getByText(words.refusals.form.not_authenticated)).toBeVisible();
  await look(page, "app-second-step-of-nobody");
});
