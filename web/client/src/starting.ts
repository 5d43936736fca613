import { timed } from "./asking.js";
import { become, bindingOf, type Core, reached } from "./core.js";
import { insist } from "./delivering.js";
import { fresh, wake } from "./keeping.js";
import { keyed } from "./proving.js";
import { renew } from "./renewing.js";
import { claimsOf } from "./token.js";
import type { Session } from "./types.js";

/** Milliseconds after which a page need not wait any longer for an answer: it is guessed then. */
const GUESS = 3000;

/** Find out who is signed in. The first that needs to know begins it. */
export function start(core: Core): Promise<Session> {
  core.started ??= begin(core);
  return core.started;
}

async function begin(core: Core): Promise<Session> {
  listen(core);
  // A sign-out of an earlier run, which the server may not have heard of.
  insist(core);
  // Loads what makes proofs while the other tabs are asked.
  keyed(core);
  const first = renew(core, null);
  await timed(GUESS, () => first).catch(() => {});
  if (core.session.status === "loading") {
    await guess(core);
    fresh(core, null, Number.POSITIVE_INFINITY).catch(() => {});
  }
  return core.session;
}

/** Nobody can be asked: whoever was signed in last still is, until the server says otherwise. */
async function guess(core: Core): Promise<void> {
  const memo = core.memo.read();
  const kept = await core.store?.get(core.name).catch(() => null);
  const id = memo.sid ?? claimsOf(kept)?.sid;
  if (core.session.status !== "loading") return;
  become(
    core,
    id && !memo.out
      ? { status: "signed-in", user: null, id, online: false, binding: bindingOf(core, memo.bound) }
      : { status: "signed-out", reason: memo.out ? "signed_out" : null },
  );
}

function listen(core: Core): void {
  const page = globalThis as unknown as Partial<Window>;
  const woken = () => {
    if (globalThis.document?.visibilityState !== "hidden") wake(core);
  };
  const ended = new AbortController();
  for (const name of ["online", "pageshow", "visibilitychange"]) page.addEventListener?.(name, woken, ended);
  page.addEventListener?.("offline", () => reached(core, false), ended);
  core.endings.push(() => ended.abort());
}
