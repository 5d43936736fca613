import { tokensOf } from "./adopting.js";
import { ask, type Reply } from "./asking.js";
import { now } from "./clock.js";
import { type Core, forget } from "./core.js";
import { nap, pauseAfter } from "./keeping.js";
import { locked } from "./lock.js";
import { keyed } from "./proving.js";
import { claimsOf } from "./token.js";

/**
 * Sign out: at once here and in every tab. The server hears of it now, or as soon as it can be reached; the next run of
 * the page or program goes on with that.
 *
 * @returns when the server has heard, or was asked in vain once.
 */
export async function signOut(core: Core, everywhere = false): Promise<void> {
  const { store, memo } = core;
  const { sid, bound = false, out: owed = "!" } = memo.read();
  const out = everywhere ? "*" : owed;
  memo.write({ bound, out });
  if (sid) core.tell({ kind: "out", sid, reason: "signed_out" });
  forget(core, "signed_out");
  const refresh = await store?.get(core.name);
  // A token with a mark before it waits for its session to be ended.
  if (refresh && !MARKED.test(refresh)) await store?.set(core.name, out + refresh);
  await insist(core);
}

/** A refresh token in the storage whose session is to be ended: this one, or all of the user's. */
export const MARKED = /^[!*]/;

/** Try to deliver until it is delivered; settles after the first try. */
export async function insist(core: Core, tries = 0): Promise<void> {
  const delivered = await locked(core, () => deliver(core)).catch(() => false);
  if (!delivered && !core.closed) nap(core, pauseAfter(tries)).then(() => insist(core, tries + 1));
}

/**
 * Tell the server of a sign-out, if there is one to tell of.
 *
 * @returns Whether nothing is left to tell.
 */
export async function deliver(core: Core): Promise<boolean> {
  const { store, memo } = core;
  if (core.closed) return false;
  const kept = await store?.get(core.name);
  // Of an earlier run only the mark is left; and a refresh that was on its way may have written over that.
  const out = (!store || kept) && (memo.read().out ?? MARKED.exec(kept ?? "")?.[0]);
  if (out) {
    await keyed(core);
    const body = store ? { refresh: kept?.replace(MARKED, "") } : {};
    const reply =
      out === "*"
        ? await endAll(core, body)
        : await ask(core, "POST", "/token/blacklist/", { body, keepalive: true });
    const { code, reason } = reply.body;
    // Done; or there is no such session any more, or no token that an older server could take.
    if (!reply.ok && !(reply.status === 401 && reason) && code !== "invalid") return false;
    await store?.remove(core.name);
  }
  if (memo.read().out) memo.write({});
  return true;
}

/** End all sessions of the user, by a fresh access token for this one call: nobody is signed in by it. */
async function endAll(core: Core, body: object): Promise<Reply> {
  const reply = await ask(core, "POST", "/token/refresh/", { body });
  const { token, refresh } = tokensOf(reply);
  const claims = claimsOf(token);
  if (!claims) return { ...reply, ok: false };
  if (typeof refresh === "string") await core.store?.set(core.name, `*${refresh}`);
  const access = { ...claims, token: String(token), asked: now(), due: 0 };
  return ask(core, "POST", "/logout/all/", { access, keepalive: true });
}
