import type { Core } from "./core.js";

/**
 * Do it while no other tab touches tokens or cookies: by Web Locks, and where those are missing one after another in this
 * client alone. Who has waited too long goes on without the lock, since a frozen tab may hold it: two refreshes at once
 * are no harm, the server gives both the same successor.
 */
export async function locked<T>(core: Core, work: () => Promise<T>): Promise<T> {
  const { name, timeout } = core;
  const locks = core.shared && globalThis.navigator?.locks;
  if (!locks) {
    const turn = core.turn.then(work, work);
    core.turn = turn;
    return turn;
  }
  let begun: Promise<T> | undefined;
  try {
    await locks.request(name, { signal: AbortSignal.timeout(timeout * 2) }, () => {
      begun = work();
      return begun;
    });
  } catch {
    // Not granted in time, or forbidden here (an opaque origin); or the work failed, which is told below.
  }
  return begun ?? work();
}
