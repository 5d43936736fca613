/** Mail that the development server would have sent. */

import type { World } from "./world.ts";

interface Received {
  readonly subject: string;
  readonly text: string;
  readonly links: readonly string[];
}

/** The newest mail to this address; waits for it. */
export async function mailTo(world: World, address: string): Promise<Received> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const answer = await fetch(
      `http://127.0.0.1:${world.server.port}/dev/inbox/?to=${encodeURIComponent(address)}`,
      {
        headers: { Accept: "application/json" },
      },
    );
    const { mails } = (await answer.json()) as { mails: Received[] };
    const newest = mails[0];
    if (newest) return newest;
    if (Date.now() > deadline) throw new Error(`No mail came to ${address}.`);
    await new Promise((later) => setTimeout(later, 100));
  }
}
