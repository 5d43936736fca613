/**
 * The screens of second factors, passkeys and step-up, as the tour has the others: at phone and desktop width, light and
 * dark, in both languages.
 */

import { openApp, signUp } from "../harness/app.ts";
import { openAuthenticator } from "../harness/authenticator.ts";
import { expect, test } from "../harness/test.ts";
import { WORDS } from "../harness/words.ts";
import {
  addPasskey,
  button,
  card,
  dialog,
  field,
  LIMITS,
  setUpApp,
  showCode,
  showPassword,
  signOut,
  title,
} from "./factors.ts";
import { complaintsOf, look, openIn, WAYS } from "./look.ts";

test.use({ serverEnvironment: JSON.stringify({ KEYTURN_LIMITS: LIMITS }) });

for (const way of WAYS) {
  const [width, colorScheme, language] = way;
  test(`every screen of factors is sound at ${width} width in ${colorScheme}, in ${language}`, async ({
    browser,
    world,
  }) => {
    const words = WORDS[language];
    const { app, codes, passkeys, trusted } = words.factors;
    const second = words.steps.secondFactor;
    const context = await openIn(browser, way);
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await openAuthenticator(page);
    const see = async (name: string): Promise<void> => {
      await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
      await look(page, `${name}-${width}-${colorScheme}-${language}`);
    };
    const account = await signUp(page, world, words);

    // What the security page opens in place, and what it asks before something is gone.
    await openApp(page, world, "/security");
    await button(page, passkeys.add).click();
    await expect(field(page, passkeys.name)).toBeFocused();
    await see("security-passkey-name");
    await button(page, words.common.cancel).click();
    await button(page, app.setUp).click();
    await expect(page.getByRole("img", { name: words.steps.app.picture })).toBeVisible();
    await button(page, words.steps.app.key).click();
    await see("security-app");
    await button(page, words.common.cancel).click();
    const { app: otp } = await setUpApp(page, world, words, () => see("security-recovery-codes"));
    await addPasskey(page, world, "Laptop", words, false);
    await see("security-factors");
    await card(page, codes.title).getByRole("button", { name: codes.make, exact: true }).click();
    await see("security-new-codes");
    await dialog(page, codes.sureTitle).getByRole("button", { name: words.common.cancel }).click();

    // The second step, and a device that is trusted.
    await signOut(page, words);
    await see("sign-in-with-passkeys");
    await showPassword(page, account, words);
    await expect(title(page)).toHaveText(second.title);
    await see("second-factor");
    await button(page, second.useRecovery).click();
    await see("second-factor-recovery");
    await showCode(page, second.recovery, "BCDF-GHJK-BCDF-GHJK", words);
    await expect(field(page, second.recovery)).toHaveAttribute("aria-invalid", "true");
    await see("second-factor-wrong");
    await button(page, second.useApp).click();
    await page.getByLabel(second.trust(30)).check();
    await showCode(page, second.code, await otp.next(), words);
    await expect(title(page)).toHaveText(/.*,.*/);
    await openApp(page, world, "/security");
    await expect(card(page, trusted.title).getByText(trusted.thisDevice)).toBeVisible();
    await see("security-trusted");

    // Signed in by the password alone, on that device: what weakens is asked about.
    await signOut(page, words);
    await showPassword(page, account, words);
    await expect(title(page)).toHaveText(/.*,.*/);
    await openApp(page, world, "/security");
    await button(page, passkeys.removeOf("Laptop")).click();
    await see("security-remove-passkey");
    await dialog(page, passkeys.removeTitle("Laptop"))
      .getByRole("button", { name: passkeys.remove, exact: true })
      .click();
    const prompt = dialog(page, words.steps.stepUp.title);
    await expect(prompt).toBeVisible();
    await look(page, `step-up-${width}-${colorScheme}-${language}`);
    await prompt.getByRole("button", { name: words.steps.stepUp.others.totp, exact: true }).click();
    await expect(prompt.getByLabel(second.code, { exact: true })).toBeFocused();
    await look(page, `step-up-code-${width}-${colorScheme}-${language}`);
    expect(complaints).toEqual([]);
    await context.close();
  });
}
