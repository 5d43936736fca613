/** The time of all tabs of a browser context: as fast as the world's, and as wrong as a test wants it. */

import type { BrowserContext } from "@playwright/test";
import type { World } from "./world.ts";

export interface Hours {
  /** Milliseconds of the world's time since it began. */
  now(): number;
  /** Let so many milliseconds go by in the tabs, the network and the server. */
  pass(milliseconds: number): Promise<void>;
  /** The lid is closed for so long: no timer runs, and on waking the wall clock alone has moved. */
  sleep(milliseconds: number): Promise<void>;
}

/** What a page is told of its clock. */
interface Dial {
  /** Real and shown milliseconds since 1970 at one moment. */
  readonly real: number;
  readonly shown: number;
  readonly rate: number;
}

declare global {
  interface Window {
    /** Move what the page's wall clock shows. */
    readonly jump?: (milliseconds: number) => void;
  }
}

/**
 * Give a context, whose pages must not be open yet, the world's time.
 *
 * @param wrongBy milliseconds by which the browser's clock is ahead of the server's.
 */
export async function startClock(context: BrowserContext, world: World, wrongBy = 0): Promise<Hours> {
  const { time, proxy } = world;
  const shown = (await world.clock.follow()) + wrongBy;
  const begun = time.now();
  await context.addInitScript(showTime, { real: Date.now(), shown, rate: time.rate });

  return {
    now: () => time.now() - begun,
    pass: (milliseconds) => time.after(milliseconds),
    async sleep(milliseconds) {
      proxy.network = "broken";
      proxy.breakAll();
      await context.addInitScript(wakeLater, milliseconds);
      await Promise.all([
        world.clock.jump(milliseconds),
        ...context.pages().map((page) => page.evaluate((span) => window.jump?.(span), milliseconds)),
      ]);
      proxy.network = "up";
    },
  };
}

/** Runs in each page before anything else. */
function showTime({ real, shown, rate }: Dial): void {
  const RealDate = Date;
  const steady = performance.now.bind(performance);
  let slept = 0;
  const now = (): number => Math.floor(shown + (RealDate.now() - real) * rate + slept);
  class ShownDate extends RealDate {
    constructor(...words: [] | [number | string | Date]) {
      if (words.length === 0) super(now());
      else super(...(words as [number]));
    }
    static override now = now;
  }
  const later = window.setTimeout.bind(window);
  const again = window.setInterval.bind(window);
  Object.assign(window, {
    Date: ShownDate,
    setTimeout: (work: TimerHandler, span = 0, ...words: unknown[]) => later(work, span / rate, ...words),
    setInterval: (work: TimerHandler, span = 0, ...words: unknown[]) => again(work, span / rate, ...words),
    jump: (milliseconds: number) => {
      slept += milliseconds;
    },
  });
  performance.now = () => steady() * rate;
}

/** In a page that is opened after a sleep. */
function wakeLater(milliseconds: number): void {
  window.jump?.(milliseconds);
}
