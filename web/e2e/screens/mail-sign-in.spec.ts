/** Signing in by mail: by its code here, or by its link on another device; only one of them, once. */

import type { Page } from "@playwright/test";
import { codeFor, newAddress, openApp, signOutButton, signUp } from "../harness/app.ts";
import { mailTo } from "../harness/mail.ts";
import { expect, test } from "../harness/test.ts";
import { WORDS } from "../harness/words.ts";
import type { World } from "../harness/world.ts";
import { button, field, LIMITS, setUpApp, showCode, signOut, title } from "./factors.ts";
import { complaintsOf, look } from "./look.ts";

test.use({ serverEnvironment: JSON.stringify({ KEYTURN_LIMITS: LIMITS, KEYTURN_SIGN_IN_BY_MAIL: "1" }) });

const words = WORDS.en;
const { mailCode, mailLink } = words.steps;

/** Have a mail sent, and be asked for its code. */
async function askForMail(page: Page, world: World, email: string): Promise<void> {
  await openApp(page, world, "/sign-in/code");
  await field(page, words.entry.email).fill(email);
  await button(page, mailCode.askSubmit).click();
  await expect(title(page)).toHaveText(mailCode.title);
}

/** The link that leads to a page of the app. */
async function linkFor(world: World, email: string): Promise<string> {
  const leads = (link: string): boolean => link.includes("/sign-in/link?key=");
  const { links } = await mailTo(world, email, (mail) => mail.links.some(leads));
  return links.find(leads) ?? "";
}

test("a code from a mail signs in, and its link is of no use then", async ({ page, browser, world }) => {
  const complaints = complaintsOf(page);
  const { email } = await signUp(page, world);
  await signOut(page);
  await field(page, words.entry.usernameOrEmail).fill(email);
  await button(page, words.entry.signIn.mail).click();
  await expect(title(page)).toHaveText(mailCode.askTitle);
  await expect(field(page, words.entry.email)).toHaveValue(email);
  await look(page, "mail-ask");
  await button(page, mailCode.askSubmit).click();
  await expect(title(page)).toHaveText(mailCode.title);
  await look(page, "mail-code");
  await field(page, words.entry.code).fill("BCDF-GHJK");
  await button(page, mailCode.submit).click();
  await expect(field(page, words.entry.code)).toHaveAttribute("aria-invalid", "true");
  const link = await linkFor(world, email);
  await field(page, words.entry.code).fill(await codeFor(world, email));
  await button(page, mailCode.submit).click();
  await expect(signOutButton(page)).toBeVisible();
  expect(complaints).toEqual([]);

  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await other.goto(link);
  await button(other, mailLink.submit).click();
  await expect(other.getByRole("alert")).toBeVisible();
  await expect(title(other)).toHaveText(mailLink.title);
  await look(other, "mail-link-used");
  await elsewhere.close();
});

test("a mail that did not come is sent once more, and the code of the last one alone is good", async ({
  page,
  world,
}) => {
  const complaints = complaintsOf(page);
  const { email } = await signUp(page, world);
  await signOut(page);
  await askForMail(page, world, email);
  const first = await codeFor(world, email);
  await button(page, words.entry.verify.again).click();
  await expect(page.getByText(words.entry.verify.sentAgain)).toBeVisible();
  await look(page, "mail-sent-again");
  const second = await codeFor(world, email);
  await field(page, words.entry.code).fill(first);
  await button(page, mailCode.submit).click();
  await expect(field(page, words.entry.code)).toHaveAttribute("aria-invalid", "true");
  await field(page, words.entry.code).fill(second);
  await button(page, mailCode.submit).click();
  await expect(signOutButton(page)).toBeVisible();
  expect(complaints).toEqual([]);
});

test("so many mails are sent and no more, and the page says so", async ({ page, world }) => {
  await askForMail(page, world, newAddress());
  for (let sent = 0; sent < 3; sent++) {
    await button(page, words.entry.verify.again).click();
    await expect(page.getByText(words.entry.verify.sentAgain)).toBeVisible();
  }
  await button(page, words.entry.verify.again).click();
  await expect(page.getByText(words.problems.form.conflict)).toBeVisible();
  await look(page, "mail-sent-too-often");
});

test("a mail's link signs in by a press, where it is opened, and keeps its key out of the address", async ({
  page,
  browser,
  world,
}) => {
  const { email } = await signUp(page, world);
  await signOut(page);
  await askForMail(page, world, email);
  const link = await linkFor(world, email);

  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await other.goto(link);
  await expect(title(other)).toHaveText(mailLink.title);
  expect(other.url()).not.toContain("key=");
  await look(other, "mail-link");
  await button(other, mailLink.submit).click();
  await expect(signOutButton(other)).toBeVisible();
  await elsewhere.close();

  await field(page, words.entry.code).fill(await codeFor(world, email));
  await button(page, mailCode.submit).click();
  await expect(page.getByRole("alert").or(page.locator("[aria-invalid=true]")).first()).toBeVisible();
  await expect(signOutButton(page)).toHaveCount(0);
});

test("the second factor is asked for after the mail, too", async ({ page, world }) => {
  const { email } = await signUp(page, world);
  const { app } = await setUpApp(page, world);
  await signOut(page);
  await askForMail(page, world, email);
  await field(page, words.entry.code).fill(await codeFor(world, email));
  await button(page, mailCode.submit).click();
  await showCode(page, words.steps.secondFactor.code, await app.next());
  await expect(signOutButton(page)).toBeVisible();
});

test("an address that nobody has gets the same answer", async ({ page, world }) => {
  const email = newAddress();
  await askForMail(page, world, email);
  await expect(page.getByText(mailCode.sentTo(email), { exact: false })).toBeVisible();
});

test("a link that was cut off says so", async ({ page, world }) => {
  await openApp(page, world, "/sign-in/link");
  await expect(title(page)).toHaveText(mailLink.missingTitle);
  await look(page, "mail-link-missing");
  await openApp(page, world, "/sign-in/link?key=of-no-mail");
  await button(page, mailLink.submit).click();
  await expect(page.getByText(words.problems.form.link_invalid)).toBeVisible();
});
