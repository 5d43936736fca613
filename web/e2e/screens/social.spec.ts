/** Signing up, in and linking with another service: a real OpenID provider in a process of its own. */

import type { Page } from "@playwright/test";
import { askForAccount, codeFor, openApp, signOutButton, signUp } from "../harness/app.ts";
import { type OpenIdProvider, openProvider, signInAtProvider } from "../harness/provider.ts";
import { test as base, expect } from "../harness/test.ts";
import { WORDS } from "../harness/words.ts";
import { button, card, dialog, field, LIMITS, signOut, title } from "./factors.ts";
import { complaintsOf, look } from "./look.ts";

interface OfWorker {
  readonly provider: OpenIdProvider;
  readonly running: undefined;
}

const test = base.extend<object, OfWorker>({
  provider: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from it
    async ({}, use) => {
      const provider = await openProvider();
      await use(provider);
      await provider.stop();
    },
    { scope: "worker" },
  ],
  serverEnvironment: [
    async ({ provider }, use) =>
      use(JSON.stringify({ KEYTURN_LIMITS: LIMITS, KEYTURN_SIGN_IN_BY_MAIL: "0", ...provider.variables })),
    { scope: "worker" },
  ],
  running: [
    async ({ provider, world }, use) => {
      await provider.start(world.origin);
      await use(undefined);
    },
    { scope: "worker", auto: true, timeout: 240_000 },
  ],
});

const words = WORDS.en;
const { linked } = words.factors;

let people = 0;
/** Somebody whom the provider has never seen. */
const somebody = (kind = ""): string => `${kind}jo${Date.now().toString(36)}${people++}`;

async function beginWithProvider(page: Page, name: string): Promise<void> {
  await button(page, words.entry.signIn.provider("Acme")).click();
  await signInAtProvider(page, name);
}

test("one signs up with another service, and in with it afterwards", async ({ page, world }) => {
  const complaints = complaintsOf(page);
  const name = somebody();
  await openApp(page, world, "/sign-in?next=/profile");
  await look(page, "social-sign-in");
  await beginWithProvider(page, name);
  await expect(signOutButton(page)).toBeVisible();
  await expect(title(page)).toHaveText(words.profile.title);
  await expect(page.getByText(`${name}@provider.example`).first()).toBeVisible();
  await openApp(page, world, "/security");
  await expect(card(page, linked.title).getByText("Acme")).toBeVisible();
  await look(page, "social-linked");

  await signOut(page);
  await button(page, words.entry.signIn.provider("Acme")).click();
  // The provider knows its user still, and asks nothing.
  await expect(signOutButton(page)).toBeVisible();
  expect(page.url()).not.toContain("code=");
  expect(complaints).toEqual([]);
});

test("an account that there is gets linked from within, and unlinked", async ({ page, world }) => {
  const complaints = complaintsOf(page);
  await signUp(page, world);
  await openApp(page, world, "/security");
  await button(page, linked.linkOf("Acme")).click();
  await signInAtProvider(page, somebody());
  await expect(page.getByText(linked.linkedNow)).toBeVisible();
  await look(page, "social-linked-now");
  await page.reload();
  await expect(card(page, linked.title).getByText("Acme")).toBeVisible();
  await expect(page.getByText(linked.linkedNow)).toBeHidden();

  await button(page, linked.unlinkOf("Acme")).click();
  const sure = dialog(page, linked.unlinkTitle("Acme"));
  await look(page, "social-unlink");
  await sure.getByRole("button", { name: linked.unlink, exact: true }).click();
  await expect(page.getByText(linked.unlinked("Acme"))).toBeVisible();
  await expect(button(page, linked.linkOf("Acme"))).toBeVisible();
  expect(complaints).toEqual([]);
});

test("the only way in is not unlinked", async ({ page, world }) => {
  await openApp(page, world, "/sign-in");
  await beginWithProvider(page, somebody());
  await expect(signOutButton(page)).toBeVisible();
  await openApp(page, world, "/security");
  await button(page, linked.unlinkOf("Acme")).click();
  await dialog(page, linked.unlinkTitle("Acme"))
    .getByRole("button", { name: linked.unlink, exact: true })
    .click();
  await expect(page.getByText(words.refusals.form.last_way_in)).toBeVisible();
  await expect(button(page, linked.unlinkOf("Acme"))).toBeVisible();
});

test("where the provider tells no address, one is asked for and confirmed", async ({ page, world }) => {
  await openApp(page, world, "/sign-in");
  await beginWithProvider(page, somebody("nameless-"));
  await expect(title(page)).toHaveText(words.steps.providerSignUp.title);
  await look(page, "social-sign-up");
  await page.getByLabel(words.entry.email).fill(`${somebody()}@example.com`);
  await button(page, words.steps.providerSignUp.submit).click();
  await expect(title(page)).toHaveText(words.entry.verify.title);
});

test("an address that has an account here is not taken over by another service", async ({ page, world }) => {
  const name = somebody();
  const email = `${name}@provider.example`;
  await askForAccount(page, world, email);
  await field(page, words.entry.code).fill(await codeFor(world, email));
  await button(page, words.entry.verify.submit).click();
  await expect(signOutButton(page)).toBeVisible();
  await signOut(page);
  await beginWithProvider(page, name);
  await expect(page.getByText(words.steps.provider.errors.taken)).toBeVisible();
  await openApp(page, world, "/security");
  await expect(title(page)).toHaveText(words.entry.signIn.title);
});

test("who does not go on at the provider is told so, and nothing was changed", async ({ page, world }) => {
  await openApp(page, world, "/sign-in");
  await button(page, words.entry.signIn.provider("Acme")).click();
  await page.locator("a[href$='/abort']").click();
  await expect(page.getByText(words.steps.provider.errors.cancelled)).toBeVisible();
  await look(page, "social-cancelled");
  await page.getByRole("link", { name: words.entry.forgot.back }).click();
  await expect(title(page)).toHaveText(words.entry.signIn.title);
});

test("the page that providers lead back to says that nothing is waiting", async ({ page, world }) => {
  await openApp(page, world, "/sign-in/provider");
  await expect(title(page)).toHaveText(words.steps.provider.failedTitle);
});
