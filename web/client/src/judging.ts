import type { Reply } from "./asking.js";
import { now } from "./clock.js";
import { type Core, here } from "./core.js";
import type { FinalReason } from "./types.js";

/**
 * What an answer to a refresh means: `true`, the session goes on; a reason, it has ended (null: nobody was signed in to
 * begin with); a number, nothing was decided, and the server wants to be left alone for so many milliseconds.
 */
export type Judgement = true | FinalReason | null | number;

const FINAL =
  /^(session_revoked|(session_)?expired|refresh_reused|password_changed|user_(inactive|not_found))$/;

/** How often it must have said so, over how many milliseconds. A server being repaired may not know its own keys. */
const DOUBTS = 4;
const DOUBT_SPAN = 30_000;
/** Browsers have been seen to wake up without their cookies. */
const MISSING_SPAN = 2000;

/**
 * Judge the answer to a refresh. Only a 401 with a reason in Keyturn's JSON can end a session; and where the reason says
 * no more than that the server does not know its own token, only when it has said so several times over half a minute.
 */
export function judge(core: Core, { status, body, after }: Reply): Judgement {
  const unknown = Math.min(after, 300) * 1000;
  const { code, reason } = body;
  if (status === 200 && body.access) return true;
  // A server without cookies asks for the token; one without this endpoint has nothing to say.
  if (
    !here(core) &&
    !core.memo.read().sid &&
    (status === 204 ||
      reason === "refresh_missing" ||
      (code && /40[045]/.test(status as unknown as string) && !/dpop/.test(code as string)))
  )
    return null;
  if (status !== 401 || !code || !reason) return unknown;
  if (FINAL.test(reason as string)) return reason as FinalReason;
  if (!core.doubts++) core.doubted = now();
  const missing = reason === "refresh_missing";
  if (now() < core.doubted + (missing ? MISSING_SPAN : DOUBT_SPAN)) return unknown;
  if (core.doubts < DOUBTS && !missing) return unknown;
  return missing ? reason : "not_recognised";
}
