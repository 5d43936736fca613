/** Bad networks, as figures. */

import type { Fate } from "./proxy.ts";
import { seeded } from "./random.ts";

/**
 * Loses replies and delays requests by chance, each by itself.
 *
 * @param lost which part of the replies never arrives; every second of these in silence, the others by a broken
 *   connection.
 * @param slowest milliseconds that a request and its reply take together at most.
 */
export function badWeather(options: {
  readonly lost: number;
  readonly slowest: number;
  readonly seed: number;
}): () => Fate {
  const random = seeded(options.seed);
  let losses = 0;
  return () => {
    const whole = options.slowest * random();
    const there = whole * random();
    if (random() >= options.lost) return { there, back: whole - there, loss: "none" };
    losses += 1;
    return { there, back: whole - there, loss: losses % 2 === 0 ? "silence" : "reset" };
  };
}
