/** The time of the simulated world, in milliseconds: it goes by several times as fast as the real one. */

export interface Timeline {
  /** How many times as fast. */
  readonly rate: number;
  /** Milliseconds since the world began. */
  now(): number;
  /** Settles once `milliseconds` have gone by; at once for 0. */
  after(milliseconds: number): Promise<void>;
}

/**
 * The faster, the more a busy machine's own delays weigh: what takes a real millisecond takes `rate` of the world's. The
 * figures hold all the same, so they hold by some margin.
 */
export function openTimeline(rate = 5): Timeline {
  const begun = performance.now();
  const now = (): number => (performance.now() - begun) * rate;
  return {
    rate,
    now,
    async after(milliseconds) {
      const due = now() + milliseconds;
      for (let left = milliseconds; left > 0; left = due - now())
        await new Promise((later) => setTimeout(later, Math.ceil(left / rate)));
    },
  };
}
