import { now } from "./clock.js";
import { type Access, type Core, here } from "./core.js";
import { unreachable } from "./errors.js";
import { isYoung, renew } from "./renewing.js";
import { loadUser } from "./user.js";

/** Milliseconds after which the clock is looked at again: timers stand still while the device sleeps. */
const LOOK = 60_000;
/** Milliseconds that a request which needs a token waits at most between two tries. */
const URGENT = 2000;

/** See to it that the token is refreshed in time, unless nobody would notice: hidden tabs that ask for nothing can wait. */
export function keep(core: Core): void {
  clearTimeout(core.timer);
  if (core.closed || !here(core)) return;
  if (isYoung(core.access)) {
    const left = core.access.asked + core.access.due - now();
    core.timer = setTimeout(() => keep(core), Math.ceil(Math.min(left, LOOK)));
    // A program need not wait for it before it ends.
    (core.timer as { unref?: () => void }).unref?.();
  } else if (core.used || globalThis.document?.visibilityState !== "hidden") {
    fresh(core, core.access, Number.POSITIVE_INFINITY).catch(() => {});
  }
}

/** Something happened that makes a pause pointless. */
export function wake(core: Core): void {
  core.until = core.firm;
  for (const waker of [...core.wakers]) waker();
  // A page that was put aside may have missed who has come and gone.
  const { sid, out } = core.memo.read();
  if (core.access && (out || sid !== core.access.sid)) core.access = null;
  keep(core);
  if (here(core)?.online === false && isYoung(core.access)) loadUser(core);
}

/**
 * Milliseconds to wait after so many failures, never the same for two clients. Little at first: a server takes the token of
 * a lost reply for some seconds as if nothing had happened, and only now and then after that.
 */
export const pauseAfter = (failures: number): number =>
  Math.min(50 * 4 ** failures, 15_000) * (1 + Math.random());

/**
 * Another token than this one, however many tries it takes.
 *
 * @param patience Milliseconds after which no other try is begun.
 * @returns null: nobody is signed in.
 * @throws KeyturnError `unreachable`
 */
export async function fresh(core: Core, stale: Access | null, patience: number): Promise<Access | null> {
  const until = now() + patience;
  do {
    if (core.firm > until) break;
    const left = core.until - now();
    if (left > 0) {
      await nap(core, patience > 1e9 ? left : Math.min(left, URGENT));
      core.until = core.firm;
    }
    const renewal = await renew(core, stale);
    if (renewal === "out") return null;
    if (renewal === "done" && core.access?.token !== stale?.token) return core.access;
  } while (now() < until && !core.closed);
  throw unreachable();
}

/** Wait, at most until something happens that makes waiting pointless. */
export function nap(core: Core, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const waker = () => {
      clearTimeout(timer);
      core.wakers.delete(waker);
      resolve();
    };
    const timer = setTimeout(waker, milliseconds);
    core.wakers.add(waker);
  });
}
