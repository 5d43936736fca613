/** Chance that repeats itself: the same seed gives the same numbers, so that a figure can be measured again. */

/** Returns a source of numbers in [0, 1) for this seed (the generator mulberry32: 32 bits of state, full period). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A script that makes a page's `Math.random` such a source: the client's jitter is then the same in every run. */
export function seedScript(seed: number): string {
  return `Math.random = (${seeded.toString()})(${seed});`;
}
