/** The language that is chosen in the app, which need not be the browser's: what the server says is in it, too. */

import type { Page } from "@playwright/test";
import { askForAccount, newAddress, openApp, signUp } from "../harness/app.ts";
import { mailTo } from "../harness/mail.ts";
import { expect, test } from "../harness/test.ts";
import { WORDS } from "../harness/words.ts";

const { en, de } = WORDS;

/** By the choice at the foot of the page. */
async function chooseGerman(page: Page): Promise<void> {
  await page.getByLabel(en.common.language).selectOption("de");
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
}

test("what the server finds wrong with a sign-up is said in it, and its mail is written in it", async ({
  page,
  world,
}) => {
  expect(await page.evaluate(() => navigator.language)).toBe("en-GB");
  await openApp(page, world, "/sign-up");
  await chooseGerman(page);
  await page.getByLabel(de.entry.email).fill("somebody@example.com");
  // Two things are wrong with it; the app has words of its own for the first alone.
  await page.getByLabel(de.entry.password, { exact: true }).fill("12345678");
  await page.getByRole("button", { name: de.entry.signUp.submit }).click();
  await expect(page.getByText("Dieses Passwort ist komplett numerisch.")).toBeVisible();

  const email = newAddress();
  await askForAccount(page, world, email, de);
  expect((await mailTo(world, email)).subject).toContain("Bestätigen Sie Ihre E-Mail-Adresse");
});

test("what is wrong with a profile is said in it, and the devices of the activity are named in it", async ({
  page,
  world,
}) => {
  const account = await signUp(page, world);
  const answer = await fetch(`http://127.0.0.1:${world.server.port}/token/`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    },
    body: JSON.stringify({ username: account.email, password: account.password }),
  });
  expect(answer.status).toBe(200);
  await openApp(page, world, "/profile");
  await chooseGerman(page);
  await page.getByLabel(de.profile.fields["first_name"] ?? "", { exact: true }).fill("jo\u202etxt.exe");
  await page.getByRole("button", { name: de.common.save, exact: true }).click();
  await expect(page.getByText("Steuerzeichen und Zeilenumbrüche sind nicht erlaubt.")).toBeVisible();

  await openApp(page, world, "/security");
  await page
    .getByRole("button", { name: de.security.sessions.endOf("Firefox unter Linux"), exact: true })
    .click();
  await expect(page.getByText(de.security.sessions.ended("Firefox unter Linux"))).toBeVisible();
  await openApp(page, world, "/activity");
  await expect(page.getByText(/^Firefox unter Linux wurde aus Ihrer Liste der Sitzungen/)).toBeVisible();
  await expect(page.getByText(/ on Linux/)).toHaveCount(0);
});
