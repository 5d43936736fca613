/** The app against what people and other sites put into it. */

import { openApp, signIn } from "../harness/app.ts";
import { expect, SHORT_LIVES, test } from "../harness/test.ts";

test.use({ serverEnvironment: SHORT_LIVES });

const SCRIPT = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

test("the app renders, with no error of the page", async ({ page, world }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await openApp(page, world, "/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  expect(errors).toEqual([]);
});

test("a stolen refresh cookie ends the session, and its owner reads why", async ({
  browser,
  page,
  context,
  world,
}) => {
  await signIn(page, world, world.server.demo);
  const theirs = await browser.newContext();
  await theirs.addCookies((await context.cookies()).filter((cookie) => cookie.name.includes("refresh")));
  const thief = await theirs.newPage();
  await openApp(thief, world, "/");
  await expect
    .poll(() => world.proxy.passages.some((one) => one.path === "/token/refresh/" && one.status === 401))
    .toBe(true);
  await expect(page.getByText("We ended this session to protect you")).toBeVisible({ timeout: 30_000 });
  await theirs.close();
});

test("no `next` leads to another site", async ({ page, world }) => {
  for (const next of [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/%2f/evil.example",
  ]) {
    await signIn(page, world, world.server.demo, `/sign-in?next=${encodeURIComponent(next)}`);
    expect(page.url(), next).toBe(`${world.origin}/`);
    await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
    await expect(page.getByText("You are signed out")).toBeVisible();
  }
});

test("scripts in a name and in a user agent are text", async ({ browser, world }) => {
  const context = await browser.newContext({ userAgent: `Mozilla/5.0 ${SCRIPT}` });
  const page = await context.newPage();
  await signIn(page, world, world.server.demo, "/sign-in?next=%2Fprofile");
  await page.getByLabel("First name").fill(SCRIPT.slice(0, 60));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  for (const path of ["/", "/profile", "/security", "/activity"]) {
    await openApp(page, world, path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    expect(await page.title(), path).not.toBe("owned");
    expect(await page.locator("main img[src=x]").count(), path).toBe(0);
  }
  await context.close();
});

test("without JavaScript a page says so", async ({ browser, world }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  for (const path of ["/", "/sign-in"]) {
    await page.goto(world.origin + path);
    await expect(page.locator("noscript h1")).toBeVisible();
  }
  await context.close();
});
