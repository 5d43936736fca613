/** The admin's login with a passkey for its second step, in a browser. */

import { signIn } from "../harness/app.ts";
import { openAuthenticator } from "../harness/authenticator.ts";
import { expect, test } from "../harness/test.ts";
import { addPasskey, LIMITS } from "./factors.ts";
import { complaintsOf, look } from "./look.ts";

// A server of its own: elsewhere the administrator signs in with a password alone.
test.use({
  serverEnvironment: JSON.stringify({ KEYTURN_LIMITS: LIMITS, KEYTURN_SITE_NAME: "Administered" }),
});

test("a passkey opens the admin after the password, and a copy of it does not", async ({ page, world }) => {
  const complaints = complaintsOf(page);
  const device = await openAuthenticator(page);
  await signIn(page, world, world.server.admin);
  await addPasskey(page, world, "Laptop");

  const showPassword = async () => {
    await page.goto(`${world.origin}/admin/`);
    await page.getByLabel("Username").fill(world.server.admin.username);
    await page.getByLabel("Password").fill(world.server.admin.password);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await expect(page.getByLabel("Code of your authenticator app, or a recovery code:")).toBeVisible();
  };
  const ask = page.getByRole("button", { name: "Use a passkey", exact: true });
  const logOut = page.getByRole("button", { name: "Log out", exact: true });

  await showPassword();
  await expect(ask).toBeFocused();
  await look(page, "admin-passkey");
  await ask.click();
  await expect(logOut).toBeVisible();
  await logOut.click();

  await showPassword();
  await device.rewind();
  await ask.click();
  await expect(page.getByText("The passkey was not accepted. Try again, or use a code.")).toBeVisible();
  await expect(page.locator(".errornote")).toHaveCount(1);
  await look(page, "admin-passkey-refused");

  // Whoever closes the browser's dialog stays on the page.
  await page.evaluate(() => {
    navigator.credentials.get = () => Promise.reject(new DOMException("closed", "NotAllowedError"));
  });
  await ask.click();
  await expect(page.getByText("The browser gave no answer of a passkey.")).toBeVisible();
  await expect(ask).toBeEnabled();
  await expect(page.locator(".errornote")).toHaveCount(1);
  await look(page, "admin-passkey-given-up");
  expect(complaints).toEqual([]);
});
