/** Mail that the development server would have sent. */

import type { World } from "./world.ts";

export interface Received {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly links: readonly string[];
}

/** Milliseconds: a courier that found the database locked comes back after five seconds. */
const PATIENCE = 60_000;

/**
 * The newest mail to this address that is wanted; waits for it. The server answers first and sends its mail then: what lies
 * in the mailbox already may be the mail before, so who awaits another says by what it is known.
 */
export async function mailTo(
  world: World,
  address: string,
  wanted: (mail: Received) => boolean = () => true,
): Promise<Received> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const answer = await fetch(
      `http://127.0.0.1:${world.server.port}/dev/inbox/?to=${encodeURIComponent(address)}`,
      {
        headers: { Accept: "application/json" },
      },
    );
    const { mails } = (await answer.json()) as { mails: Received[] };
    const newest = mails.find(wanted);
    if (newest) return newest;
    if (Date.now() > deadline)
      throw new Error(
        `No such mail came to ${address}, but ${JSON.stringify(mails.map((mail) => mail.subject))}.`,
      );
    await new Promise((later) => setTimeout(later, 100));
  }
}
