/** Production, and TLS that the server ends itself: cookies that no other host can have written, in a real browser. */

import { expect, type Page, test } from "@playwright/test";
import { openApp, signIn, signOutButton } from "../harness/app.ts";
import { startTlsServer, type TlsServer } from "../harness/tls.ts";
import { WORDS } from "../harness/words.ts";

test.use({ ignoreHTTPSErrors: true });
test.describe.configure({ mode: "serial" });

const NAMES = /^__Host-keyturn_(refresh|device)_[0-9a-f]{8}$/;

let server: TlsServer;

test.beforeAll(async () => {
  server = await startTlsServer();
});
test.afterAll(() => (server as TlsServer | undefined)?.stop());

/** Keyturn's cookies in this browser. */
const cookiesOf = async (page: Page) =>
  (await page.context().cookies(server.origin)).filter(({ name }) => name.includes("keyturn"));

test("a sign-in leaves two cookies under the prefix __Host-, which no script sees, and a reload finds them", async ({
  page,
}) => {
  await signIn(page, server, server.account);
  const cookies = await cookiesOf(page);
  expect(cookies.map(({ name }) => name.replace(/_[0-9a-f]{8}$/, "")).sort()).toEqual([
    "__Host-keyturn_device",
    "__Host-keyturn_refresh",
  ]);
  for (const cookie of cookies) {
    expect(cookie.name).toMatch(NAMES);
    expect(cookie).toMatchObject({
      secure: true,
      httpOnly: true,
      sameSite: "Strict",
      path: "/",
      domain: "localhost",
    });
  }
  expect(await page.evaluate(() => document.cookie)).toBe("");
  await page.reload();
  await expect(signOutButton(page)).toBeVisible();
  // On HTTPS the browser can make a key, and the session is bound to it.
  await expect(page.getByText(WORDS.en.home.bindings.dpop.title)).toBeVisible();
});

test("cookies of the plain name, which another host could have written, sign nobody in and nobody out", async ({
  page,
  browser,
}) => {
  await signIn(page, server, server.account);
  const cookies = await cookiesOf(page);
  const elsewhere = await browser.newContext({ ignoreHTTPSErrors: true });
  await elsewhere.addCookies(
    cookies.map((cookie) => ({ ...cookie, name: cookie.name.slice("__Host-".length) })),
  );
  const other = await elsewhere.newPage();
  await openApp(other, server, "/profile");
  await expect(other.getByRole("heading", { level: 1 })).toHaveText(WORDS.en.entry.signIn.title);
  await elsewhere.close();

  await page.context().addCookies(
    cookies.map((cookie) => ({
      ...cookie,
      name: cookie.name.slice("__Host-".length),
      value: "made-elsewhere",
    })),
  );
  await page.reload();
  await expect(signOutButton(page)).toBeVisible();
});

test("signing out takes the token's cookie back, and leaves the device's", async ({ page }) => {
  await signIn(page, server, server.account);
  await signOutButton(page).click();
  await expect(page.getByText(WORDS.en.reasons.signed_out.title, { exact: true })).toBeVisible();
  await expect
    .poll(async () => (await cookiesOf(page)).map(({ name }) => name.replace(/_[0-9a-f]{8}$/, "")))
    .toEqual(["__Host-keyturn_device"]);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(WORDS.en.entry.signIn.title);
});

test("the page of production shows no demo user, no development links, and asks nobody else for anything", async ({
  page,
}) => {
  const asked = new Set<string>();
  page.on("request", (request) => asked.add(new URL(request.url()).origin));
  await openApp(page, server, "/sign-in");
  await expect(page.getByLabel(WORDS.en.entry.usernameOrEmail)).toHaveValue("");
  await expect(page.getByText(WORDS.en.common.development)).toHaveCount(0);
  expect([...asked]).toEqual([server.origin]);
});
