/** Pages of other sites, and of other origins of the same site, against a user who is signed in. */

import type { BrowserContext, Page } from "@playwright/test";
import { openPages, type Pages } from "../harness/pages.ts";
import { expect, SHORT_LIVES, test } from "../harness/test.ts";
import type { World } from "../harness/world.ts";

test.use({ serverEnvironment: SHORT_LIVES });

/** What a page of the same origin does; everything that a client would. */
async function call(page: Page, method: string, path: string, body: unknown): Promise<number> {
  return page.evaluate(
    async ([how, where, what]) =>
      (
        await fetch(where, {
          method: how,
          headers: { "X-Keyturn-Client": "web", "Content-Type": "application/json" },
          body: what,
        })
      ).status,
    [method, path, JSON.stringify(body)] as const,
  );
}

async function victim(context: BrowserContext, world: World): Promise<Page> {
  const page = await context.newPage();
  world.proxy.own.set("/e2e/empty.html", { type: "text/html", body: "<!doctype html><title>Mine</title>" });
  await page.goto(`${world.origin}/e2e/empty.html`);
  expect(await call(page, "POST", "/token/", world.server.demo)).toBe(200);
  return page;
}

const jar = async (context: BrowserContext) =>
  (await context.cookies()).map((cookie) => `${cookie.name}=${cookie.value}`).sort();

const DOORS = [
  "/token/",
  "/token/refresh/",
  "/token/blacklist/",
  "/logout/",
  "/logout/all/",
  "/auth/browser/v1/auth/login",
  "/auth/browser/v1/auth/signup",
  "/auth/browser/v1/auth/password/request",
  "/me/",
];

for (const place of ["otherSite", "sameSite"] as const) {
  test.describe(place === "otherSite" ? "a page of another site" : "another origin of the same site", () => {
    let pages: Pages;
    test.beforeAll(async () => {
      pages = await openPages();
    });
    test.afterAll(() => pages.close());

    for (const type of ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"] as const) {
      test(`cannot sign in, sign out or use up attempts with a form of ${type}`, async ({
        context,
        world,
      }) => {
        const mine = await victim(context, world);
        const before = await jar(context);
        const page = await context.newPage();
        for (const door of DOORS) {
          const fields =
            type === "text/plain"
              ? `<input name='{"username": "admin", "password": "${world.server.admin.password}", "refresh": "' value='"}'>`
              : `<input name="username" value="admin"><input name="password" value="${world.server.admin.password}">`;
          pages.shown.set(
            "/",
            `<form method="post" enctype="${type}" action="${world.origin}${door}">${fields}<button>Win</button></form>`,
          );
          await page.goto(pages[place]);
          const answered = page.waitForResponse((response) => response.request().method() === "POST");
          await page.getByRole("button").click();
          const status = (await answered).status();
          expect(status, door).toBeGreaterThanOrEqual(400);
          expect(status, door).toBeLessThan(500);
          expect(await jar(context), door).toEqual(before);
        }
        expect(await call(mine, "POST", "/token/refresh/", {})).toBe(200);
      });
    }

    test("cannot call the API with the user's cookies, nor read an answer", async ({ context, world }) => {
      const mine = await victim(context, world);
      const before = await jar(context);
      pages.shown.set("/", "<!doctype html><title>Theirs</title>");
      const page = await context.newPage();
      await page.goto(pages[place]);
      const outcomes = await page.evaluate(
        async ([origin, doors]) => {
          const told: string[] = [];
          for (const door of doors) {
            for (const init of [
              { mode: "no-cors", headers: {} },
              { mode: "cors", headers: { "X-Keyturn-Client": "web", "Content-Type": "application/json" } },
              { mode: "cors", headers: { "Content-Type": "application/json" } },
            ] as const) {
              try {
                const answer = await fetch(origin + door, {
                  method: "POST",
                  credentials: "include",
                  body: "{}",
                  ...init,
                });
                told.push(answer.type === "opaque" ? "opaque" : `${door} ${answer.status}`);
              } catch {
                told.push("refused");
              }
            }
          }
          return told;
        },
        [world.origin, DOORS] as const,
      );
      expect([...new Set(outcomes)].sort()).toEqual(["opaque", "refused"]);
      expect(await jar(context)).toEqual(before);
      const changed = world.proxy.passages.filter(
        (one) => one.method === "POST" && one.status !== null && one.status < 300,
      );
      expect(changed.map((one) => one.path)).toEqual(["/token/"]);
      expect(await call(mine, "POST", "/token/refresh/", {})).toBe(200);
    });

    test("cannot show the app in a frame", async ({ context, world }) => {
      pages.shown.set("/", `<iframe src="${world.origin}/sign-in"></iframe>`);
      const page = await context.newPage();
      await page.goto(pages[place]);
      // Asked while the frame changes its page, it has no answer.
      await expect
        .poll(() =>
          page
            .frames()[1]
            ?.evaluate(() => location.href)
            .catch(String),
        )
        .toMatch(/^chrome-error:/);
    });
  });
}

test("a cookie planted by another server of this host confuses nobody", async ({ context, world }) => {
  await victim(context, world);
  const refresh = (await context.cookies()).find((cookie) => cookie.name.includes("refresh"));
  expect(refresh).toBeDefined();
  await context.clearCookies();
  for (const value of ["rubbish", "a.b.c", `${refresh?.value.slice(0, -6)}AAAAAA`, "%00", "x".repeat(4000)]) {
    await context.addCookies([{ name: refresh?.name ?? "", value, domain: "localhost", path: "/" }]);
    const page = await context.newPage();
    await page.goto(`${world.origin}/e2e/empty.html`);
    expect([400, 401], value.slice(0, 20)).toContain(await call(page, "POST", "/token/refresh/", {}));
    expect(await call(page, "POST", "/token/", world.server.demo)).toBe(200);
    expect(await call(page, "POST", "/token/refresh/", {})).toBe(200);
    await page.close();
    await context.clearCookies();
  }
});
