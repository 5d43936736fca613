/** Playwright's `test` with a world of the worker's own. */

import { test as base, expect } from "@playwright/test";
import { openWorld, type World } from "./world.ts";

interface OfWorker {
  /** Variables of the server, as one JSON text: workers that want the same share it. */
  readonly serverEnvironment: string;
  readonly world: World;
}

/** What the tests that move the clock run against: access tokens that live 5 seconds. */
export const SHORT_LIVES = JSON.stringify({
  KEYTURN_ACCESS_LIFETIME: "5s",
  KEYTURN_LIMITS: "login_pair=off,login_account=off,login_address=off",
});

/** Leave the network to the next test as it was found. */
async function calm(world: World): Promise<void> {
  Object.assign(world.proxy, { fates: null, network: "up", outgoing: null, incoming: null });
  world.proxy.breakAll();
  world.proxy.passages.length = 0;
  await world.clock.release();
}

export const test = base.extend<{ readonly calmNetwork: undefined }, OfWorker>({
  serverEnvironment: ["{}", { option: true, scope: "worker" }],
  world: [
    async ({ serverEnvironment }, use) => {
      const world = await openWorld(JSON.parse(serverEnvironment) as Record<string, string>);
      await use(world);
      await world.close();
    },
    { scope: "worker", timeout: 300_000 },
  ],
  calmNetwork: [
    async ({ world }, use) => {
      await use(undefined);
      await calm(world);
    },
    { auto: true },
  ],
});

export { expect };
