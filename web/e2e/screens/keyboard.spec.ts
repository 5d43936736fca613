/** The app without a mouse: the order of Tab, Enter, Escape, and where the keyboard is when something comes or goes. */

import type { Locator, Page } from "@playwright/test";
import { codeFor, letProofAge, newAddress, openApp, PASSWORD, signUp } from "../harness/app.ts";
import { expect, test } from "../harness/test.ts";
import { WORDS } from "../harness/words.ts";
import type { World } from "../harness/world.ts";

// Every test has an account of its own; limits count by address too.
test.use({
  serverEnvironment: JSON.stringify({
    KEYTURN_LIMITS: "login_pair=off,login_account=off,login_address=off,mail_address=off",
  }),
});

const words = WORDS.en;

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });
const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true });
const title = (page: Page) => page.getByRole("heading", { level: 1 });

/** Press Tab once for each of these: each has the focus in turn, and one can see that it has. */
async function tabThrough(page: Page, stops: readonly Locator[]): Promise<void> {
  for (const stop of stops) {
    await page.keyboard.press("Tab");
    await expect(stop).toBeFocused();
    const marked = await stop.evaluate((element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    });
    expect(marked, `one can see that ${stop} has the focus`).toBe(true);
  }
}

/** Press Tab until this has the focus. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.waitFor();
  const isThere = () => wanted.evaluate((element) => element === document.activeElement);
  for (let presses = 0; presses < 40 && !(await isThere()); presses++) await page.keyboard.press("Tab");
  await expect(wanted).toBeFocused();
}

/** What is typed into whatever has the focus. */
const type = (page: Page, text: string): Promise<void> => page.keyboard.insertText(text);

/** Type over what is wrong: it is selected, a moment after it is said to be wrong. */
async function typeInstead(page: Page, wrong: Locator, text: string): Promise<void> {
  const isSelected = (input: HTMLInputElement) =>
    input.selectionStart === 0 && input.selectionEnd === input.value.length && input.value !== "";
  await expect.poll(() => wrong.evaluate(isSelected)).toBe(true);
  await type(page, text);
}

/** The security page of a new account. */
async function openSecurity(page: Page, world: World): Promise<string> {
  const { email } = await signUp(page, world);
  await openApp(page, world, "/security");
  await expect(title(page)).toHaveText(words.security.title);
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  return email;
}

test("one signs in from the address to the name, the password and Enter, and is told where one is", async ({
  page,
  world,
}) => {
  await openApp(page, world, "/sign-in");
  await expect(title(page)).toBeVisible();
  await tabThrough(page, [
    link(page, words.common.skip),
    link(page, "Keyturn"),
    field(page, words.entry.usernameOrEmail),
    field(page, words.entry.password),
    button(page, words.common.showPassword(words.entry.password)),
    link(page, words.entry.signIn.forgot),
    page.getByRole("main").getByRole("button", { name: words.entry.signIn.submit, exact: true }),
    button(page, words.entry.signIn.passkey),
    // Development's own provider.
    button(page, words.entry.signIn.provider("Development")),
    button(page, words.entry.signIn.mail),
    link(page, words.entry.signIn.signUp),
  ]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Space");
  await expect(field(page, words.entry.password)).toHaveAttribute("type", "text");
  await page.keyboard.press("Space");
  await expect(field(page, words.entry.password)).toHaveAttribute("type", "password");

  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("ControlOrMeta+A");
  await type(page, "not the password");
  await page.keyboard.press("Enter");
  await expect(field(page, words.entry.password)).toHaveAttribute("aria-invalid", "true");
  await expect(field(page, words.entry.password)).toBeFocused();
  await typeInstead(page, field(page, words.entry.password), world.server.demo.password);
  await page.keyboard.press("Enter");
  await expect(title(page)).toHaveText(words.home.hello("demo"));
  await expect(title(page)).toBeFocused();
});

test("one signs up, confirms the address and arrives", async ({ page, world }) => {
  const email = newAddress();
  await openApp(page, world, "/sign-in");
  await tabTo(page, link(page, words.entry.signIn.signUp));
  await page.keyboard.press("Enter");
  await expect(title(page)).toHaveText(words.entry.signUp.title);
  await expect(title(page)).toBeFocused();
  await tabThrough(page, [
    field(page, words.entry.email),
    page.getByLabel(words.entry.username),
    field(page, words.entry.password),
    button(page, words.common.showPassword(words.entry.password)),
    button(page, words.entry.signUp.submit),
    link(page, words.entry.signUp.signIn),
  ]);
  await tabTo(page, button(page, words.entry.signUp.submit));
  await page.keyboard.press("Enter");
  await expect(field(page, words.entry.email)).toBeFocused();
  await type(page, email);
  await tabTo(page, field(page, words.entry.password));
  await type(page, PASSWORD);
  await page.keyboard.press("Enter");

  await expect(title(page)).toHaveText(words.entry.verify.title);
  await expect(title(page)).toBeFocused();
  await tabThrough(page, [field(page, words.entry.code)]);
  await type(page, "BCDF-GHJK");
  await page.keyboard.press("Enter");
  await expect(field(page, words.entry.code)).toHaveAttribute("aria-invalid", "true");
  await expect(field(page, words.entry.code)).toBeFocused();
  await typeInstead(page, field(page, words.entry.code), await codeFor(world, email));
  await page.keyboard.press("Enter");
  await expect(title(page)).toHaveText(/^Hello, /);
  await expect(title(page)).toBeFocused();
});

test("the menu leads from page to page, the skip link past the menu, and the way out out", async ({
  page,
  world,
}) => {
  await signUp(page, world);
  await openApp(page, world, "/");
  await expect(title(page)).toHaveText(/^Hello, /);
  await tabThrough(page, [
    link(page, words.common.skip),
    link(page, "Keyturn"),
    ...(["home", "profile", "security", "activity"] as const).map((name) =>
      page.getByRole("navigation", { name: words.common.mainMenu }).getByRole("link", {
        name: words.common[name],
      }),
    ),
    button(page, words.common.signOut),
  ]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(title(page)).toHaveText(words.activity.title);
  await expect(title(page)).toBeFocused();

  await page.keyboard.press("Shift+Tab");
  await tabTo(page, link(page, words.common.skip));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("Tab");
  const passed = await page.evaluate(() => document.activeElement?.closest("header") === null);
  expect(passed, "Tab goes on behind the menu").toBe(true);

  await tabTo(page, button(page, words.common.signOut));
  await page.keyboard.press("Enter");
  await expect(title(page)).toHaveText(words.entry.signIn.title);
  await expect(title(page)).toBeFocused();
  await expect(page.getByText(words.reasons.signed_out.title, { exact: true })).toBeVisible();
});

test("a dialog holds the keyboard, Escape closes it, and what opened it has the focus again", async ({
  page,
  world,
}) => {
  await openSecurity(page, world);
  const opener = button(page, words.security.remove.open);
  await tabTo(page, opener);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: words.security.remove.sure });
  await expect(dialog).toBeVisible();
  await expect(field(page, words.security.remove.password)).toBeFocused();

  const met = new Set<string>();
  for (let presses = 0; presses < 9; presses++) {
    await page.keyboard.press("Tab");
    met.add(
      await page.evaluate(() => {
        const { activeElement } = document;
        // Between the last and the first the browser's own bars have it.
        if (activeElement === document.body || activeElement === document.documentElement) return "";
        if (activeElement?.closest("dialog") === null) return "outside";
        return activeElement?.getAttribute("aria-label") ?? activeElement?.textContent ?? "";
      }),
    );
  }
  expect([...met]).not.toContain("outside");
  expect([...met]).toEqual(expect.arrayContaining([words.common.cancel, words.security.remove.go]));

  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();

  await page.keyboard.press("Enter");
  await expect(field(page, words.security.remove.password)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(field(page, words.security.remove.password)).toHaveAttribute("aria-invalid", "true");
  await tabTo(page, dialog.getByRole("button", { name: words.common.cancel, exact: true }));
  await page.keyboard.press("Space");
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();

  await page.keyboard.press("Enter");
  await expect(field(page, words.security.remove.password)).toBeFocused();
  await type(page, PASSWORD);
  await page.keyboard.press("Enter");
  await expect(title(page)).toHaveText(words.entry.signIn.title);
});

test("a form that opens in place takes the keyboard and gives it back, and an address is proven in its dialog", async ({
  page,
  world,
}) => {
  const email = await openSecurity(page, world);
  await letProofAge(world);
  await tabTo(page, button(page, words.security.password.change));
  await page.keyboard.press("Enter");
  await expect(field(page, words.security.password.current)).toBeFocused();
  await tabTo(page, button(page, words.common.cancel));
  await page.keyboard.press("Enter");
  await expect(button(page, words.security.password.change)).toBeFocused();

  const next = newAddress();
  await tabTo(page, button(page, words.security.email.change));
  await page.keyboard.press("Enter");
  await expect(field(page, words.security.email.field)).toBeFocused();
  await type(page, next);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: words.steps.stepUp.title });
  await expect(dialog).toBeVisible();
  await expect(field(page, words.steps.stepUp.password)).toBeFocused();
  await type(page, PASSWORD);
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(field(page, words.security.email.code)).toBeFocused();
  await type(page, await codeFor(world, next));
  await page.keyboard.press("Enter");
  await expect(page.getByText(words.security.email.changed(next))).toBeVisible();
  await expect(page.getByText(email, { exact: true })).toHaveCount(0);
});

test("language and colours are chosen with the arrows, and the choice keeps the focus", async ({
  page,
  world,
}) => {
  await openApp(page, world, "/sign-in");
  const language = page.getByRole("combobox").first();
  await tabTo(page, language);
  await page.keyboard.press("ArrowDown");
  await expect(title(page)).toHaveText(WORDS.de.entry.signIn.title);
  await expect(language).toBeFocused();
  await tabThrough(page, [page.getByRole("combobox").last()]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
