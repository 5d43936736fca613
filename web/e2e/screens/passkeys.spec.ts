/** Passkeys in a browser, with a virtual authenticator: made, used alone, as the second factor, to step up, removed. */

import type { Page } from "@playwright/test";
import { openApp, signOutButton, signUp } from "../harness/app.ts";
import { openAuthenticator } from "../harness/authenticator.ts";
import type { Account } from "../harness/server.ts";
import { expect, test } from "../harness/test.ts";
import { WORDS } from "../harness/words.ts";
import { addPasskey, button, card, dialog, field, LIMITS, showPassword, signOut, title } from "./factors.ts";
import { complaintsOf, look } from "./look.ts";

test.use({ serverEnvironment: JSON.stringify({ KEYTURN_LIMITS: LIMITS }) });

const words = WORDS.en;
const { passkeys } = words.factors;
const second = words.steps.secondFactor;

/** The password, after which a second step is asked for. */
async function signInSecondStep(page: Page, account: Account): Promise<void> {
  await showPassword(page, account);
  await expect(title(page)).toHaveText(second.title);
}

test("a passkey is made, signs in alone, is renamed and removed", async ({ page, world }) => {
  const complaints = complaintsOf(page);
  const device = await openAuthenticator(page);
  await signUp(page, world);
  await addPasskey(page, world, "Laptop");
  expect(await device.count()).toBe(1);
  await look(page, "passkeys-added");

  await signOut(page);
  await expect(field(page, words.entry.usernameOrEmail)).toHaveAttribute("autocomplete", "username webauthn");
  await look(page, "passkeys-sign-in");
  await button(page, words.entry.signIn.passkey).click();
  await expect(signOutButton(page)).toBeVisible();

  await openApp(page, world, "/security");
  await button(page, passkeys.renameOf("Laptop")).click();
  await field(page, passkeys.name).fill("Blue key");
  await card(page, passkeys.title).locator("button[type=submit]").click();
  await expect(page.getByText(passkeys.renamed("Blue key"))).toBeVisible();
  await button(page, passkeys.removeOf("Blue key")).click();
  await look(page, "passkeys-remove");
  await dialog(page, passkeys.removeTitle("Blue key"))
    .getByRole("button", { name: passkeys.remove, exact: true })
    .click();
  await expect(page.getByText(passkeys.removed("Blue key"))).toBeVisible();
  await expect(page.getByText(passkeys.none)).toBeVisible();
  expect(complaints).toEqual([]);

  // It is still in the device, and of no use: the form stays, and says why.
  await signOut(page);
  await button(page, words.entry.signIn.passkey).click();
  await expect(page.getByText(words.problems.form.passkey_invalid)).toBeVisible();
});

test("a passkey that is picked in the form's autofill signs in with nothing else", async ({
  page,
  world,
}) => {
  const device = await openAuthenticator(page, true);
  await signUp(page, world);
  await addPasskey(page, world, "Laptop");
  await device.present(false);
  await signOut(page);
  await device.present(true);
  await page.reload();
  await expect(signOutButton(page)).toBeVisible();
  await openApp(page, world, "/activity");
  await expect(page.getByText("Signed in.").first()).toBeVisible();
});

test("after the password a passkey is the second step, and a trusted device is not asked again", async ({
  page,
  world,
}) => {
  const complaints = complaintsOf(page);
  await openAuthenticator(page);
  const account = await signUp(page, world);
  await addPasskey(page, world, "Laptop");
  await signOut(page);

  await signInSecondStep(page, account);
  await expect(button(page, second.passkey)).toBeVisible();
  await look(page, "passkeys-second-step");
  await page.getByLabel(second.trust(30)).check();
  await button(page, second.passkey).click();
  await expect(signOutButton(page)).toBeVisible();
  await openApp(page, world, "/security");
  await expect(
    card(page, words.factors.trusted.title).getByText(words.factors.trusted.thisDevice),
  ).toBeVisible();

  await signOut(page);
  await showPassword(page, account);
  await expect(signOutButton(page)).toBeVisible();

  // Until it is forgotten.
  await openApp(page, world, "/security");
  await card(page, words.factors.trusted.title)
    .getByRole("button", { name: /^Ask again on / })
    .click();
  await expect(page.getByText(words.factors.trusted.none)).toBeVisible();
  await signOut(page);
  await signInSecondStep(page, account);
  expect(complaints).toEqual([]);
});

test("what weakens an account asks for the passkey first, on a trusted device too", async ({
  page,
  world,
}) => {
  const complaints = complaintsOf(page);
  await openAuthenticator(page);
  const account = await signUp(page, world);
  await addPasskey(page, world, "Laptop");
  await signOut(page);
  await signInSecondStep(page, account);
  await page.getByLabel(second.trust(30)).check();
  await button(page, second.passkey).click();
  await expect(signOutButton(page)).toBeVisible();
  // Signed in by the password alone, on that device: one factor of two.
  await signOut(page);
  await showPassword(page, account);
  await expect(signOutButton(page)).toBeVisible();
  await openApp(page, world, "/security");
  await button(page, passkeys.removeOf("Laptop")).click();
  const sure = dialog(page, passkeys.removeTitle("Laptop"));
  await sure.getByRole("button", { name: passkeys.remove, exact: true }).click();
  const prompt = dialog(page, words.steps.stepUp.title);
  await expect(prompt).toBeVisible();
  await look(page, "passkeys-step-up");
  await prompt.getByRole("button", { name: words.common.cancel, exact: true }).click();
  await expect(prompt).toBeHidden();
  await expect(card(page, passkeys.title).getByText("Laptop", { exact: true })).toBeVisible();

  await button(page, passkeys.removeOf("Laptop")).click();
  await sure.getByRole("button", { name: passkeys.remove, exact: true }).click();
  await prompt.getByRole("button", { name: words.steps.stepUp.passkey, exact: true }).click();
  await expect(page.getByText(passkeys.removed("Laptop"))).toBeVisible();
  await expect(prompt).toBeHidden();
  expect(complaints).toEqual([]);
});

test("a copied passkey is refused, and says so", async ({ page, world }) => {
  const device = await openAuthenticator(page);
  await signUp(page, world);
  await addPasskey(page, world, "Laptop");
  await signOut(page);
  await button(page, words.entry.signIn.passkey).click();
  await expect(signOutButton(page)).toBeVisible();
  await signOut(page);
  await device.rewind();
  await button(page, words.entry.signIn.passkey).click();
  await expect(page.getByText(words.problems.form.passkey_copied).first()).toBeVisible();
});

test("without a finger or a face a passkey does not sign in alone", async ({ page, world }) => {
  const device = await openAuthenticator(page);
  await signUp(page, world);
  await addPasskey(page, world, "Laptop");
  await signOut(page);
  await device.verified(false);
  const sent = () => world.proxy.passages.filter(({ path }) => path.endsWith("/auth/webauthn/login"));
  const before = sent().length;
  await button(page, words.entry.signIn.passkey).click();
  // The browser does not even hand out an answer: what it was asked for is a passkey with its user.
  await expect.poll(() => sent().length).toBeGreaterThan(before);
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await expect(title(page)).toHaveText(words.entry.signIn.title);
  expect(sent().filter(({ method }) => method === "POST")).toEqual([]);
});
