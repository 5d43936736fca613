import { adopt, tokensOf } from "./adopting.js";
import { ask } from "./asking.js";
import { now } from "./clock.js";
import { type Access, type Core, forget, here, type Renewal, reached } from "./core.js";
import { insist, MARKED } from "./delivering.js";
import { judge } from "./judging.js";
import { pauseAfter } from "./keeping.js";
import { locked } from "./lock.js";
import { keyed } from "./proving.js";
import type { SignOutReason } from "./types.js";

/** Milliseconds in which other tabs answer, if there are any. */
const TABS = 80;

/**
 * Try once to get another access token, together with whoever else in this page wants one.
 *
 * @param stale The token that will not do any more.
 */
export function renew(core: Core, stale: Access | null): Promise<Renewal> {
  core.renewing ??= locked(core, () => attempt(core, stale)).finally(() => {
    core.renewing = null;
  });
  return core.renewing;
}

/** Ask the other tabs for a token, and wait a moment for it. */
async function askTabs(core: Core, stale: Access | null): Promise<boolean> {
  if (!core.shared) return false;
  core.tell({ kind: "ask" });
  const until = now() + TABS;
  while (now() < until && !newer(core, stale)) await new Promise((resolve) => setTimeout(resolve));
  return newer(core, stale);
}

/** Nobody is signed in any more: here, and in the tabs that have the same session. */
export function end(core: Core, reason: SignOutReason | null): void {
  const sid = core.access?.sid ?? core.memo.read().sid;
  core.memo.write({});
  if (sid && reason) core.tell({ kind: "out", sid, reason });
  core.store?.remove(core.name).catch(() => {});
  forget(core, reason);
}

/** Whether there is a token that need not be refreshed yet. */
export const isYoung = (access: Access | null): access is Access =>
  access !== null && now() < access.asked + access.due;

const newer = ({ access }: Core, stale: Access | null): boolean =>
  isYoung(access) && access.token !== stale?.token;

async function attempt(core: Core, stale: Access | null): Promise<Renewal> {
  if (newer(core, stale) || (await askTabs(core, stale))) return "done";
  if (core.closed || now() < core.until) return "unknown";
  const memo = core.memo.read();
  const refresh = await core.store?.get(core.name);
  if (memo.out || MARKED.test(refresh ?? "")) {
    // Signed out here or in another tab, and the server does not know it yet.
    if (core.session.status !== "signed-out") forget(core, "signed_out");
    return "out";
  }
  const key = await keyed(core);
  if (memo.bound && key === null) return lost(core, 0);
  // A key that is gone from this browser takes its session along: nothing could use it again.
  if ((memo.bound && !key) || (core.store && !refresh)) {
    end(core, memo.bound || here(core) ? "refresh_missing" : null);
    if (memo.bound) {
      // Its cookie is still there, and without the key it would look like a thief's: have it taken back.
      core.memo.write({ out: "!" });
      insist(core);
    }
    return "out";
  }
  const asked = now();
  const body = core.store ? { refresh } : memo.sid || here(core) ? {} : { optional: true };
  // Three short tries end within the seconds in which the server answers a token again as if for the first time.
  const timeout = core.timeout / (core.failures < 3 ? 3 : 1);
  // A name that is there already is that of a try whose reply was lost, here or in another tab.
  core.retry ||= core.name + Math.random();
  const reply = await ask(core, "POST", "/token/refresh/", {
    body,
    headers: { "Idempotency-Key": core.retry },
    timeout,
  });
  // Without locks somebody may have signed in meanwhile: what is said of the session before is no news.
  const { sid } = core.memo.read();
  if (sid && sid !== memo.sid) return newer(core, stale) ? "done" : "unknown";
  const judged = judge(core, reply);
  if (judged === true) return (await adopt(core, tokensOf(reply), asked)) ? "done" : lost(core, 0);
  if (typeof judged === "number") return lost(core, judged);
  end(core, judged);
  return "out";
}

/** Nothing is known. Wait before the next try, in all tabs. */
function lost(core: Core, firm: number): Renewal {
  const wait = firm > 0 ? firm : pauseAfter(core.failures++);
  core.until = now() + wait;
  core.firm = firm && core.until;
  core.tell({ kind: "lost", wait, retry: core.retry });
  reached(core, false);
  return "unknown";
}
