/** The server's clock (`/dev/clock/` of a development server), made to show the world's time. */

import type { Timeline } from "./timeline.ts";

export interface ServerClock {
  /** From now on the server's time goes by as the world's does. Returns the server's time, in milliseconds. */
  follow(): Promise<number>;
  /** Correct it, if it follows; before the server is asked anything. */
  align(): Promise<void>;
  /** Let so many milliseconds go by for the server alone: what a night asleep is to it. */
  jump(milliseconds: number): Promise<void>;
  /** Back to the real time. */
  release(): Promise<void>;
}

/** Milliseconds by which it may be wrong: not every request moves it. */
const SLACK = 30;
/** The clock can run ahead of the real time only; this much lets the world be slower than it. */
const LEAD = 600_000;

export function serverClock(port: () => number, time: Timeline): ServerClock {
  let following: { readonly real: number; readonly world: number } | null = null;
  let slept = 0;
  let ahead = 0;
  let turn: Promise<void> = Promise.resolve();

  async function correct(): Promise<void> {
    if (!following) return;
    const wanted = LEAD + slept + (time.now() - following.world) - (Date.now() - following.real);
    if (Math.abs(wanted - ahead) < SLACK) return;
    const span = wanted - ahead;
    ahead = wanted;
    await tell(port(), "POST", { advance: span / 1000 });
  }
  function align(): Promise<void> {
    turn = turn.then(correct);
    return turn;
  }
  return {
    async follow() {
      await tell(port(), "DELETE");
      following = { real: Date.now(), world: time.now() };
      slept = 0;
      ahead = 0;
      await align();
      return following.real + LEAD;
    },
    align,
    jump(milliseconds) {
      slept += milliseconds;
      return align();
    },
    async release() {
      if (!following) return;
      await turn;
      following = null;
      await tell(port(), "DELETE");
    },
  };
}

async function tell(port: number, method: string, body?: object): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/dev/clock/`, {
    method,
    headers: { "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`The server's clock did not move: ${answer.status} ${await answer.text()}`);
}
