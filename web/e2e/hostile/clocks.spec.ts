/** A device whose clock is wrong by hours: its proofs (RFC 9449) are dated wrongly, and nobody notices. */

import { startClock } from "../harness/hours.ts";
import { diaries, openTab, sessionOf, signInTab } from "../harness/tabs.ts";
import { expect, SHORT_LIVES, test } from "../harness/test.ts";

test.use({ serverEnvironment: SHORT_LIVES });

const SECOND = 1000;
const HOUR = 3600 * SECOND;

for (const [how, wrongBy] of [
  ["five hours behind", -5 * HOUR],
  ["thirteen hours ahead", 13 * HOUR],
] as const) {
  test(`a session bound to a key lasts on a device whose clock is ${how}`, async ({ context, world }) => {
    const hours = await startClock(context, world, wrongBy);
    const nonces: (string | null)[] = [];
    context.on("request", (request) => {
      const proof = request.headers()["dpop"];
      if (proof === undefined) return;
      const said = JSON.parse(Buffer.from(proof.split(".")[1] ?? "", "base64url").toString()) as {
        readonly iat: number;
        readonly nonce?: string;
      };
      nonces.push(said.nonce ?? null);
    });
    const signed = (): number => nonces.filter((nonce) => nonce !== null).length;
    const page = await openTab(context, world, { dpop: true, seed: 1 });
    await signInTab(page, world.server.demo);
    expect(await sessionOf(page)).toMatchObject({
      status: "signed-in",
      binding: "dpop",
    });
    const shown = await page.evaluate(() => Date.now());
    const { now } = (await (await fetch(`http://127.0.0.1:${world.server.port}/dev/clock/`)).json()) as {
      readonly now: string;
    };
    expect(Math.abs(shown - wrongBy - Date.parse(now))).toBeLessThan(600 * SECOND);

    await page.evaluate(() => window.tab.work());
    await hours.pass(20 * SECOND);
    // Longer than a nonce is good for.
    await hours.sleep(6 * HOUR);
    await hours.pass(20 * SECOND);
    // A tab that is opened now has heard of no nonce.
    const another = await openTab(context, world, { dpop: true, seed: 2 });
    await another.evaluate(() => window.tab.work());
    await hours.pass(20 * SECOND);
    await expect
      .poll(async () => Math.min((await diaries([page, another])).fine, signed()), { timeout: 60_000 })
      .toBeGreaterThan(15);
    for (const tab of [page, another]) await tab.evaluate(() => window.tab.rest());

    const diary = await diaries([page, another]);
    console.log(
      `clock ${how}: ${diary.fine} answers, ${diary.unauthorized} in 401, ${diary.signOuts.length} sign-outs`,
    );
    expect(diary).toMatchObject({ unauthorized: 0, other: [], signOuts: [] });
    // By its date no proof of this device would do: what counts is the server's nonce in it.
    expect(nonces.length - signed()).toBeLessThan(6);
  });
}
