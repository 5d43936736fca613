/** What the screens of somebody signed in do: address, password, sessions, export, deletion, activity. */

import { readFile } from "node:fs/promises";
import type { Browser, Page } from "@playwright/test";
import { codeFor, letProofAge, newAddress, openApp, PASSWORD, signIn, signUp } from "../harness/app.ts";
import { mailTo } from "../harness/mail.ts";
import type { Account } from "../harness/server.ts";
import { expect, test } from "../harness/test.ts";
import type { World } from "../harness/world.ts";

// One server serves them all: every test has an account of its own, and limits count by address too.
test.use({
  serverEnvironment: JSON.stringify({
    KEYTURN_LIMITS: "login_pair=off,login_account=off,login_address=off,mail_address=off",
  }),
});

const ANOTHER = "nine quiet lanterns by the river";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const card = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

/** The same account in another browser. */
async function elsewhere(
  browser: Browser,
  world: World,
  account: Account,
  userAgent?: string,
): Promise<Page> {
  const context = await browser.newContext(userAgent === undefined ? {} : { userAgent });
  const page = await context.newPage();
  await signIn(page, world, account);
  return page;
}

test("a changed password keeps this device and ends the others, which say why", async ({
  page,
  browser,
  world,
}) => {
  const account = await signUp(page, world);
  const other = await elsewhere(browser, world, account);
  await openApp(page, world, "/security");
  await button(page, "Change password").click();
  await expect(field(page, "Current password")).toBeFocused();
  await field(page, "Current password").fill("not the password");
  await field(page, "New password").fill(ANOTHER);
  await card(page, "Password").locator("button[type=submit]").click();
  await expect(page.getByText("The password is wrong.")).toBeVisible();
  await expect(field(page, "Current password")).toBeFocused();

  await field(page, "Current password").fill(PASSWORD);
  await card(page, "Password").locator("button[type=submit]").click();

  await expect(page.getByText("This device stays signed in; all others are signed out.")).toBeVisible();
  await openApp(page, world, "/activity");
  await expect(page.getByText("The password was changed.", { exact: true })).toBeVisible();
  await other.goto(`${world.origin}/security`);
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  await expect(other.getByText("The password was changed", { exact: true })).toBeVisible();
  await other.context().close();
});

test("another address is proven, confirmed by its code, and can be given up before", async ({
  page,
  world,
}) => {
  const { email } = await signUp(page, world);
  await letProofAge(world);
  const next = newAddress();
  await openApp(page, world, "/security");
  await expect(card(page, "E-mail address").getByText("Confirmed")).toBeVisible();
  await button(page, "Change address").click();
  await field(page, "New address").fill(next);
  await button(page, "Send the code").click();
  await field(page, "Your password").fill("not the password");
  await button(page, "Continue").click();
  await expect(field(page, "Your password")).toHaveAttribute("aria-invalid", "true");
  await field(page, "Your password").fill(PASSWORD);
  await button(page, "Continue").click();
  await expect(page.getByText("Waiting for its code")).toBeVisible();
  await expect(field(page, "Code from the mail")).toBeFocused();
  const givenUp = await codeFor(world, next);
  await button(page, "Give up this change").click();
  await expect(page.getByText("Your address stays as it was.")).toBeVisible();

  await button(page, "Change address").click();
  await field(page, "New address").fill(next);
  await button(page, "Send the code").click();
  await expect(page.getByText("Waiting for its code")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Waiting for its code")).toBeVisible();
  await expect(card(page, "E-mail address").getByText(email, { exact: true })).toBeVisible();
  await field(page, "Code from the mail").fill(givenUp);
  await button(page, "Confirm address").click();
  await expect(field(page, "Code from the mail")).toHaveAttribute("aria-invalid", "true");
  await field(page, "Code from the mail").fill(await codeFor(world, next));
  await button(page, "Confirm address").click();

  await expect(page.getByText(`${next} is your address now.`)).toBeVisible();
  await openApp(page, world, "/profile");
  await expect(page.getByText(next)).toBeVisible();
});

test("an address that is confirmed by the mail's link elsewhere is seen on coming back", async ({
  page,
  browser,
  world,
}) => {
  await signUp(page, world);
  const next = newAddress();
  await openApp(page, world, "/security");
  await button(page, "Change address").click();
  await field(page, "New address").fill(next);
  await button(page, "Send the code").click();
  await expect(page.getByText("Waiting for its code")).toBeVisible();
  const { links } = await mailTo(world, next);
  const elsewhere = await browser.newContext();
  const mail = await elsewhere.newPage();
  await mail.goto(links[0] ?? "");
  await mail.getByRole("button").first().click();
  await expect(mail.getByText(next)).toBeVisible();
  await elsewhere.close();

  await expect(async () => {
    // Headless Chromium shows every page at all times; the browser's own event is what the page goes by.
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await expect(page.getByText("Waiting for its code")).toBeHidden({ timeout: 500 });
  }).toPass();

  await expect(card(page, "E-mail address").getByText(next, { exact: true })).toBeVisible();
});

test("somebody made without a sign-up is asked for proof, and confirms the address there is", async ({
  page,
  world,
}) => {
  await signIn(page, world, world.server.demo, "/sign-in?next=/profile");
  await letProofAge(world);
  await expect(page.getByText("Confirm your e-mail address")).toBeVisible();
  await page.getByRole("link", { name: "Confirm it" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Security");
  await button(page, "Change address").click();
  await field(page, "New address").fill(newAddress());
  await button(page, "Send the code").click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await expect(field(page, "Your password")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await card(page, "E-mail address").getByRole("button", { name: "Cancel" }).click();

  await button(page, "Confirm address").click();
  await field(page, "Code from the mail").fill(await codeFor(world, "demo@example.com"));
  await button(page, "Confirm address").click();

  await expect(card(page, "E-mail address").getByText("Confirmed", { exact: true })).toBeVisible();
  await openApp(page, world, "/profile");
  await expect(page.getByText("Confirm your e-mail address")).toBeHidden();
});

test("a session that is ended from the list is over, and its device says so", async ({
  page,
  browser,
  world,
}) => {
  const account = await signUp(page, world);
  const phone = await elsewhere(
    browser,
    world,
    account,
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
  );
  const laptop = await elsewhere(
    browser,
    world,
    account,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
  );
  await openApp(page, world, "/security");
  const sessions = card(page, "Where you are signed in").getByRole("listitem");
  await expect(sessions).toHaveCount(3);
  await expect(sessions.first()).toContainText("This device");

  await button(page, "Sign out Chrome on Android").click();
  await expect(page.getByText("Chrome on Android is signed out.")).toBeVisible();
  await expect(sessions).toHaveCount(2);
  await phone.reload();
  await expect(phone.getByText("This session was ended")).toBeVisible();

  await button(page, "Sign out all others").click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out all others" }).click();
  await expect(page.getByText("You are signed in nowhere else.")).toBeVisible();
  await expect(sessions).toHaveCount(1);
  await laptop.reload();
  await expect(laptop.getByText("This session was ended")).toBeVisible();
  await phone.context().close();
  await laptop.context().close();
});

test("hostile names and user agents are shown as the text they are", async ({ page, browser, world }) => {
  const account = await signUp(page, world);
  const hostile = "<img/src=x/onerror=document.title='taken'>";
  const other = await elsewhere(
    browser,
    world,
    account,
    `${hostile} <script>document.title='taken'</script>`,
  );
  await openApp(page, world, "/profile");
  await field(page, "First name").fill(hostile);
  await button(page, "Save").click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 2 }).first()).toHaveText(hostile);
  for (const path of ["/", "/profile", "/security", "/activity"]) {
    await openApp(page, world, path);
    await expect(page.getByText("<img", { exact: false }).first()).toBeVisible();
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(await page.title()).not.toBe("taken");
  }
  await other.context().close();
});

test("a name that turns the direction of writing is refused in place", async ({ page, world }) => {
  await signUp(page, world);
  await openApp(page, world, "/profile");
  await field(page, "First name").fill("jo\u202etxt.exe");
  await button(page, "Save").click();
  await expect(field(page, "First name")).toHaveAttribute("aria-invalid", "true");
  await page.reload();
  await expect(field(page, "First name")).toHaveValue("");
});

test("the export is a file with the account in it, and no token", async ({ page, world }) => {
  const { email } = await signUp(page, world);
  await openApp(page, world, "/security");
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download").click()]);
  const text = await readFile(await download.path(), "utf8");
  expect(download.suggestedFilename()).toMatch(/^[\w-]+-\d{4}-\d\d-\d\d\.json$/);
  expect(JSON.parse(text)).toMatchObject({ account: { email } });
  expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+\./);
});

test("an account is deleted by its password, and gone in every tab", async ({ page, world }) => {
  const account = await signUp(page, world);
  const tab = await page.context().newPage();
  await openApp(tab, world, "/profile");
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Profile");
  await openApp(page, world, "/security");
  await button(page, "Delete account…").click();
  await field(page, "Your password, to confirm").fill("not the password");
  await button(page, "Delete for good").click();
  await expect(page.getByText("The password is wrong.")).toBeVisible();

  await field(page, "Your password, to confirm").fill(account.password);
  await button(page, "Delete for good").click();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  await field(page, "User name or e-mail address").fill(account.email);
  await field(page, "Password").fill(account.password);
  await page.getByRole("main").getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText(/do not go together|are not correct/)).toBeVisible();
});

test("what cannot be fetched can be fetched again", async ({ page, world }) => {
  await signUp(page, world);
  let broken = true;
  await page.route(/\/(sessions|me\/activity)\//, (route) =>
    broken ? route.fulfill({ status: 503, json: { detail: "…", code: "unavailable" } }) : route.continue(),
  );
  for (const [path, there] of [
    ["/activity", "Signed in."],
    ["/security", "This device"],
  ] as const) {
    broken = true;
    await openApp(page, world, path);
    await expect(page.getByText("The list could not be fetched.")).toBeVisible();
    broken = false;
    await button(page, "Try again").click();
    await expect(page.getByText(there).first()).toBeVisible();
  }
});

test("offline one still goes from page to page, and what is missing comes by itself", async ({
  page,
  world,
}) => {
  const { email } = await signUp(page, world);
  await openApp(page, world, "/profile");
  await expect(page.getByText(email)).toBeVisible();
  await page.context().setOffline(true);
  await page.getByRole("link", { name: "Security", exact: true }).click();
  await expect(page.getByText("The list could not be fetched.").first()).toBeVisible();
  await expect(card(page, "E-mail address").getByText(email, { exact: true })).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.getByText("This device")).toBeVisible();
  await expect(page.getByText("The list could not be fetched.")).toHaveCount(0);
});

test("activity is in the reader's language", async ({ browser, world }) => {
  const context = await browser.newContext({ locale: "de-DE" });
  const page = await context.newPage();
  await openApp(page, world, "/sign-in?next=/activity");
  await page.getByLabel("Benutzername oder E-Mail-Adresse").fill(world.server.admin.username);
  await page.getByLabel("Passwort", { exact: true }).fill(world.server.admin.password);
  await page.getByRole("main").getByRole("button", { name: "Anmelden", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Aktivität");
  await expect(page.getByRole("heading", { level: 2 }).first()).toHaveText("Heute");
  await expect(page.getByText("Angemeldet.").first()).toBeVisible();
  await context.close();
});
