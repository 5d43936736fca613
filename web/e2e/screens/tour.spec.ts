/**
 * Every screen at phone and desktop width, light and dark, in both languages: axe finds nothing, nothing sticks out
 * sideways, the console stays empty. Four of the eight ways to combine these have every pair of them in them; all eight
 * are gone through for pictures, `KEYTURN_SCREENSHOTS=1`, which lie in `e2e/screenshots/` then.
 */

import { signIn } from "../harness/app.ts";
import { expect, SHORT_LIVES, test } from "../harness/test.ts";
import { WORDS } from "../harness/words.ts";
import { complaintsOf, look, openIn, WAYS } from "./look.ts";
import { SCREENS } from "./screens.ts";

test.use({ serverEnvironment: SHORT_LIVES });

for (const way of WAYS) {
  const [width, colorScheme, language] = way;
  test(`every screen is sound at ${width} width in ${colorScheme}, in ${language}`, async ({
    browser,
    world,
  }) => {
    const words = WORDS[language];
    const context = await openIn(browser, way);
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    let signedIn = false;
    for (const screen of SCREENS) {
      await test.step(screen.name, async () => {
        if (screen.signedIn && !signedIn) {
          await signIn(page, world, world.server.demo, "/sign-in", words);
          signedIn = true;
        }
        await screen.come(page, world, words);
        await expect(page.getByRole("heading", { level: 1 })).toHaveText(screen.title(words));
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
        await look(page, `${screen.name}-${width}-${colorScheme}-${language}`);
        await screen.leave?.(page);
      });
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
}
