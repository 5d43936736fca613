import type { Reply } from "./asking.js";
import { now } from "./clock.js";
import { type Access, become, bindingOf, type Core, here } from "./core.js";
import { keep } from "./keeping.js";
import { claimsOf } from "./token.js";
import type { TokenStorage, User } from "./types.js";
import { loadUser } from "./user.js";

/** What came with a token. */
export interface Arrival {
  readonly token: unknown;
  readonly refresh?: unknown;
  readonly user?: User | null | undefined;
  /** Whether somebody has just signed in. Nothing else outweighs a sign-out. */
  readonly begins?: boolean;
  /** Whether another tab told it. */
  readonly heard?: boolean;
}

// At 93 to 97 % of its life. Late, so that few refreshes are made; early enough that requests need not wait for one.
const FROM = 0.93;
const PARTS = 25;

/**
 * Take an access token, and whoever it belongs to, as what is true now.
 *
 * @param asked When it was asked for.
 * @returns false where it is no token, or the user has signed out meanwhile.
 */
export async function adopt(core: Core, arrival: Arrival, asked: number): Promise<boolean> {
  const claims = claimsOf(arrival.token);
  // Asked twice: a slow storage leaves time to sign out.
  const late = () => !arrival.begins && (core.memo.read().out || core.gone.has(claims?.sid as string));
  if (!claims || core.closed || late()) return false;
  if (typeof arrival.refresh === "string") await keepRefresh(core, arrival.refresh);
  if (late()) return false;
  const due = claims.life * (FROM + Math.random() / PARTS);
  const session = here(core);
  // A user whose password was changed is the same in another session.
  const same = session?.id === claims.sid || core.access?.sub === claims.sub;
  const known = (same && session?.user) || null;
  core.access = { ...claims, token: String(arrival.token), asked, due };
  core.retry = core.failures = core.doubts = core.until = core.firm = 0;
  core.used = false;
  core.memo.write({ sid: claims.sid, bound: claims.bound });
  become(core, {
    status: "signed-in",
    user: arrival.user ?? known,
    id: claims.sid,
    online: true,
    binding: bindingOf(core, claims.bound),
  });
  keep(core);
  if (!arrival.heard) {
    share(core, core.access);
    if (!known) loadUser(core);
  }
  return true;
}

/** Share with the other tabs what this one holds. */
export async function share(core: Core, access: Access): Promise<void> {
  const refresh = core.options.storage ? null : await core.store?.get(core.name);
  core.tell({
    kind: "token",
    token: access.token,
    age: now() - access.asked,
    sent: Date.now(),
    user: here(core)?.user,
    refresh,
  });
}

/** The tokens of an answer: of the tutorials' endpoints, or of those of accounts. */
export function tokensOf({ body }: Reply): Arrival {
  const meta = Object(body.meta) as { access_token?: unknown; refresh_token?: unknown };
  return { token: body.access ?? meta.access_token, refresh: body.refresh ?? meta.refresh_token };
}

/** A refresh token in memory, gone with the page. */
export function memoryStorage(): TokenStorage {
  let kept: string | null = null;
  return {
    get: async () => kept,
    async set(_key, value) {
      kept = value;
    },
    async remove() {
      kept = null;
    },
  };
}

async function keepRefresh(core: Core, refresh: string): Promise<void> {
  if (!core.store) {
    // The server is older than its cookies: better a session until the page is closed than none.
    console.warn("no cookie");
    core.store = memoryStorage();
  }
  try {
    await core.store.set(core.name, refresh);
  } catch {
    core.store = memoryStorage();
    await keepRefresh(core, refresh);
  }
}
