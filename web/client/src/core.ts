import type { Reply } from "./asking.js";
import type { Tell } from "./channel.js";
import type { Config } from "./config.js";
import type { Memory } from "./memo.js";
import type { Prover } from "./proving.js";
import type { Claims } from "./token.js";
import type { Session, SignOutReason, TokenStorage } from "./types.js";

/** The access token in memory, which is the only place where it ever is. */
export interface Access extends Claims {
  readonly token: string;
  /** When it was asked for: it cannot be older than that, so it is never taken for younger than it is. */
  readonly asked: number;
  /** Its age, in milliseconds, at which this tab would refresh it. */
  readonly due: number;
}

/** What one client knows and has. Only the functions of this package touch it. Moments are `now()`'s. */
export interface Core extends Config {
  readonly memo: Memory;
  /** Says something to the other tabs. */
  readonly tell: Tell;
  /** Makes proofs, once there is a key. */
  prover: Prover | null;
  readonly listeners: Set<(session: Session) => void>;
  /** Called when something happened that makes a pause pointless: the network is back, the page is looked at. */
  readonly wakers: Set<() => void>;
  session: Session;
  access: Access | null;
  /** Where refresh tokens are kept; null while they are in the browser's cookie. */
  store: TokenStorage | null;
  /** The half-done flow, for clients without cookies (`X-Session-Token`). */
  flow: string | null;
  /** The half-done sign-in at the tutorials' endpoint (`mfa_token`). */
  ticket: unknown;
  /** What every request of somebody signed in goes through: where step-up is handled, `factors/step-up.ts` is in it. */
  through: Through;
  /** What was begun last under `locked`, where tabs have no lock. */
  turn: Promise<unknown>;
  /** The refresh on its way. */
  renewing: Promise<Renewal> | null;
  /** Refreshes that failed, one after another. */
  failures: number;
  /** What the refresh that is being tried is called: the server knows a retry by it. */
  retry?: string | 0 | undefined;
  /** Until when nothing is tried, and until when the server wants it so. */
  until: number;
  firm: number;
  /** When the server first said that it does not know its own token, and how often it has. */
  doubted: number;
  doubts: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Sessions that have ended here: whoever brings a token of theirs is late. */
  readonly gone: Set<string>;
  /** Origins that refuse good tokens: refreshing for them again and again would help nobody. */
  readonly stubborn: Set<string>;
  /** Whether the token was used since it came. */
  used: boolean;
  started: Promise<Session> | null;
  /** What `close()` undoes. */
  readonly endings: (() => void)[];
  closed: boolean;
}

/**
 * Does a piece of work, and perhaps once more.
 *
 * @param signal Who wants it, and may give it up.
 */
export type Through = <T extends Response | Reply>(
  work: () => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;

/** How a refresh went: a token is there, nobody is signed in, or nothing is known. */
export type Renewal = "done" | "out" | "unknown";

/** Tell everybody what is known now, if that is news. */
export function become(core: Core, session: Session): void {
  if (JSON.stringify(core.session) === JSON.stringify(session)) return;
  core.session = session;
  for (const listener of [...core.listeners]) {
    try {
      listener(session);
    } catch (error) {
      // One listener's fault is not another's.
      console.error(error);
    }
  }
}

/** The server was heard, or could not be. */
export function reached(core: Core, online: boolean): void {
  const session = here(core);
  if (session) become(core, { ...session, online });
}

/** Nobody is signed in any more: forget everything, here. */
export function forget(core: Core, reason: SignOutReason | null): void {
  core.access = null;
  core.flow = null;
  core.failures = core.doubts = core.until = core.firm = 0;
  clearTimeout(core.timer);
  const { session } = core;
  if ("id" in session) core.gone.add(session.id);
  // Why it was is not forgotten where there is nothing new to say.
  const before = "reason" in session ? session.reason : null;
  become(core, { status: "signed-out", reason: reason ?? before });
}

/** The session, if somebody is signed in. */
export const here = ({ session }: Core): Extract<Session, { status: "signed-in" }> | null =>
  session.status === "signed-in" ? session : null;

/** What a session is bound to, as far as this client has to do with it. */
export const bindingOf = (core: Core, bound?: boolean): "dpop" | "cookie" | "none" =>
  bound ? "dpop" : core.store ? "none" : "cookie";
