/** A server where everybody must have a second factor: who has none sets one up on the way in. */

import { askForAccount, codeFor, newAddress, openApp, signOutButton } from "../harness/app.ts";
import { expect, test } from "../harness/test.ts";
import { WORDS } from "../harness/words.ts";
import {
  button,
  card,
  dialog,
  field,
  LIMITS,
  showCode,
  showPassword,
  showTheApp,
  signOut,
  title,
} from "./factors.ts";
import { complaintsOf, look, openIn, WAYS } from "./look.ts";

test.use({
  serverEnvironment: JSON.stringify({ KEYTURN_LIMITS: LIMITS, KEYTURN_FACTOR_REQUIRED_OF: "everybody" }),
});

const words = WORDS.en;
const { app } = words.factors;
const second = words.steps.secondFactor;

test("it is set up on the way in, and cannot be removed", async ({ page, world }) => {
  const complaints = complaintsOf(page);
  await openApp(page, world, "/sign-in");
  await showPassword(page, world.server.demo);
  await expect(title(page)).toHaveText(words.steps.setUp.title);
  await look(page, "must-set-up");
  const { app: otp, codes: made } = await showTheApp(page, second.submit);
  expect(made).toHaveLength(10);
  await expect(title(page)).toHaveText(words.steps.codes.title);
  await look(page, "must-set-up-codes");
  await button(page, words.steps.codes.kept).click();
  await expect(signOutButton(page)).toBeVisible();

  await openApp(page, world, "/security");
  await card(page, app.title).getByRole("button", { name: app.remove, exact: true }).click();
  await dialog(page, app.removeTitle).getByRole("button", { name: app.remove, exact: true }).click();
  await expect(page.getByText(words.refusals.form.factor_setup_required)).toBeVisible();
  await signOut(page);
  await showPassword(page, world.server.demo);
  await showCode(page, second.code, await otp.next());
  await expect(signOutButton(page)).toBeVisible();
  expect(complaints).toEqual([]);
});

for (const way of WAYS) {
  const [width, colorScheme, language] = way;
  test(`setting it up is sound at ${width} width in ${colorScheme}, in ${language}`, async ({
    browser,
    world,
  }) => {
    const all = WORDS[language];
    const context = await openIn(browser, way);
    const page = await context.newPage();
    const email = newAddress();
    await askForAccount(page, world, email, all);
    await field(page, all.entry.code).fill(await codeFor(world, email));
    await button(page, all.entry.verify.submit).click();
    await expect(title(page)).toHaveText(all.steps.setUp.title);
    await expect(page.getByRole("img", { name: all.steps.app.picture })).toBeVisible();
    await look(page, `set-up-${width}-${colorScheme}-${language}`);
    await showTheApp(page, all.steps.secondFactor.submit, all);
    await look(page, `set-up-codes-${width}-${colorScheme}-${language}`);
    await button(page, all.steps.codes.kept).click();
    await expect(signOutButton(page, all)).toBeVisible();
    await context.close();
  });
}
