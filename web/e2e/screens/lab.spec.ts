/** The lab: its buttons do what they say, and the picture tells it. */

import type { Page } from "@playwright/test";
import { expect, test } from "../harness/test.ts";
import type { World } from "../harness/world.ts";
import { complaintsOf, look, openIn } from "./look.ts";

// Past the proxy and its time: the lab has faults and a clock of its own.
test.use({
  serverEnvironment: JSON.stringify({
    KEYTURN_LIMITS: "login_pair=off,login_account=off,login_address=off",
  }),
});
test.describe.configure({ mode: "serial" });

const PATIENCE = { timeout: 20_000 };

const urlOf = (world: World): string => `http://localhost:${world.server.port}`;

async function openLab(page: Page, world: World, protection: string): Promise<void> {
  await page.goto(`${urlOf(world)}/lab/`);
  await press(page, protection);
  await expect(page.getByText("demo is signed in")).toBeVisible(PATIENCE);
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name }).first().click();
  await expect(page.locator(".lab-button[aria-busy]")).toHaveCount(0, PATIENCE);
}

/** What the newest column of the picture is explained by. */
const told = (page: Page, words: string | RegExp) => page.getByRole("heading", { level: 3, name: words });

const figure = (page: Page, name: RegExp) => page.locator(".lab-figure", { hasText: name }).locator("dd");

test.afterEach(async ({ request, world }) => {
  for (const path of ["/dev/clock/", "/dev/lab/faults/", "/dev/lab/events/"]) {
    expect((await request.delete(urlOf(world) + path)).ok()).toBe(true);
  }
});

for (const protection of ["A key in the browser", "A device cookie", "Nothing"]) {
  test(`bad luck signs nobody out whose session is bound to: ${protection}`, async ({ page, world }) => {
    const complaints = complaintsOf(page);
    await openLab(page, world, protection);
    await press(page, "Just use the app");
    await expect(told(page, "#0 was used, and replaced by #1")).toBeVisible(PATIENCE);
    await press(page, "Lose the next reply");
    await expect(told(page, "#1 was shown again, and got the same answer: #2")).toBeVisible(PATIENCE);
    await press(page, "Wake ten tabs at once");
    await expect(told(page, /tabs show #\d+ at the same instant/)).toBeVisible(PATIENCE);
    const spared = figure(page, /strict server/);
    const before = Number(await spared.textContent());
    await press(page, "Lose a reply, sleep 8 hours");
    // By the name that the client gave its refresh the server knows the retry, hours later.
    await expect(spared).toHaveText(String(before + 1), PATIENCE);
    await press(page, "Overload the server");
    await press(page, "Go offline");
    await expect(page.getByText("stays so: the server cannot be reached")).toBeVisible(PATIENCE);
    await press(page, "Go online again");
    await press(page, "Rotate the signing keys");
    await press(page, "Let 8 hours pass");
    await expect(page.getByText("demo is signed in.")).toBeVisible(PATIENCE);
    await expect(figure(page, /Keyturn did/)).toHaveText("0");
    await look(page, `lab-${protection.toLowerCase().replaceAll(" ", "-")}`);
    expect(complaints).toEqual([]);
  });
}

for (const protection of ["A key in the browser", "A device cookie"]) {
  test(`a thief without it is out at the first use: ${protection}`, async ({ page, world }) => {
    await openLab(page, world, protection);
    await press(page, "Copy the refresh token");
    await press(page, "Use the copy");
    await expect(page.getByText("Nobody is signed in.")).toBeVisible(PATIENCE);
    await expect(page.locator(".lab-who", { hasText: "told why: refresh_reused" })).toBeVisible(PATIENCE);
    await expect(figure(page, /thief caught/)).toHaveText("1", PATIENCE);
  });
}

test("a thief of a bare token is out once the owner goes on", async ({ page, world }) => {
  await openLab(page, world, "Nothing");
  await press(page, "Copy the refresh token");
  await press(page, "Just use the app");
  await press(page, "Use the copy");
  await expect(told(page, "The thief shows #0, and gets #1")).toBeVisible(PATIENCE);
  await press(page, "Use the copy");
  await expect(told(page, "The thief shows #1, and gets #2")).toBeVisible(PATIENCE);
  await press(page, "Just use the app");
  await expect(page.getByText("Nobody is signed in.")).toBeVisible(PATIENCE);
  await expect(figure(page, /thief caught/)).toHaveText("1", PATIENCE);
});

test("what is meant to end a session ends it, and says why", async ({ page, world }) => {
  await openLab(page, world, "A key in the browser");
  await press(page, "Sign this device out by phone");
  await expect(page.locator(".lab-who", { hasText: "told why: session_revoked" })).toBeVisible(PATIENCE);
  await openLab(page, world, "A key in the browser");
  await press(page, "Let 3 days pass");
  await expect(page.locator(".lab-who", { hasText: "told why: expired" })).toBeVisible(PATIENCE);
});

for (const [width, colorScheme] of [
  ["phone", "light"],
  ["phone", "dark"],
  ["desktop", "dark"],
] as const) {
  test(`the lab is sound at ${width} width in ${colorScheme}, before, at work and at its end`, async ({
    browser,
    world,
  }) => {
    const context = await openIn(browser, [width, colorScheme, "en"]);
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    const seen = (when: string) => look(page, `lab-${when}-${width}-${colorScheme}`);
    await page.goto(`${urlOf(world)}/lab/`);
    await expect(page.getByText("How to read it")).toBeVisible(PATIENCE);
    await seen("before");
    await press(page, "A device cookie");
    await expect(page.getByText("demo is signed in")).toBeVisible(PATIENCE);
    await press(page, "Just use the app");
    await press(page, "Lose the next reply");
    await press(page, "Go offline");
    await expect(page.getByText("stays so: the server cannot be reached")).toBeVisible(PATIENCE);
    await seen("offline");
    await press(page, "Go online again");
    await press(page, "Copy the refresh token");
    await press(page, "Use the copy");
    await expect(page.getByText("Nobody is signed in.")).toBeVisible(PATIENCE);
    await expect(figure(page, /thief caught/)).toHaveText("1", PATIENCE);
    await seen("over");

    // What happened is scrolled by under the names of the lines; they keep to their own place, and apart.
    const boxes = await page.locator(".lab-lane span").evaluateAll((names) =>
      names.map((name) => {
        const [own, list] = [name.getBoundingClientRect(), name.closest("ul")?.getBoundingClientRect()];
        return { top: own.top, bottom: own.bottom, over: own.right - (list?.right ?? 0) };
      }),
    );
    expect(boxes).toHaveLength(3);
    for (const [at, { top, over }] of boxes.entries()) {
      expect(over).toBeLessThanOrEqual(0);
      expect(top).toBeGreaterThan(boxes[at - 1]?.bottom ?? Number.NEGATIVE_INFINITY);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
}
