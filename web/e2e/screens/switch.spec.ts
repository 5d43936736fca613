/** Another user in the same browser: nothing of the one before stays on the screen. */

import { openApp, PASSWORD, signIn, signUp } from "../harness/app.ts";
import { expect, test } from "../harness/test.ts";

test("a page that missed how its user was replaced in another tab shows nothing of the user before", async ({
  page,
  context,
  browser,
  world,
}) => {
  const elsewhere = await browser.newContext();
  const other = await signUp(await elsewhere.newPage(), world);
  await elsewhere.close();
  // As a page that was put aside: it hears nothing.
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, "BroadcastChannel"));
  const former = await signUp(page, world);
  await openApp(page, world, "/security");
  const shown = page.getByRole("main");
  await expect(shown.getByText(former.email).first()).toBeVisible();
  await page.getByRole("button", { name: "Change password", exact: true }).click();
  await page.getByLabel("Current password", { exact: true }).fill(PASSWORD);

  const tab = await context.newPage();
  await openApp(tab, world, "/");
  await tab.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await signIn(tab, world, other);
  await page.evaluate(() => dispatchEvent(new Event("pageshow")));

  await expect(shown.getByText(other.email).first()).toBeVisible();
  await expect(page.getByText(former.email)).toHaveCount(0);
  await expect(page.getByLabel("Current password", { exact: true })).toHaveCount(0);
});
