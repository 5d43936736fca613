import type { Access, Core } from "./core.js";
import { unreachable } from "./errors.js";
import { transmit } from "./transmitting.js";

/** What Keyturn's JSON may hold; who reads a field judges it. */
export interface Body {
  readonly access?: unknown;
  readonly refresh?: unknown;
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly reason?: unknown;
  readonly errors?: unknown;
  readonly data?: unknown;
  readonly meta?: unknown;
  readonly mfa_token?: unknown;
  readonly methods?: readonly string[];
}

/** An answer of Keyturn's API. */
export interface Reply {
  /** Whether Keyturn says that it is done. */
  readonly ok: boolean;
  /** 0 where nobody answered. */
  readonly status: number;
  /** The JSON of the body; empty where it is none: a proxy's error, a hotel's sign-in page. */
  readonly body: Body;
  /** Seconds of `Retry-After` where it is a number (RFC 9110 section 10.2.3), else 0. */
  readonly after: number;
}

export interface Ask {
  readonly body?: unknown;
  readonly access?: Access | null;
  readonly headers?: Record<string, string>;
  /** Let the request outlive the page. */
  readonly keepalive?: boolean;
  /** Milliseconds after which it counts as lost, where that is not the client's own number. */
  readonly timeout?: number;
}

/** What work comes to, unless it is given up before: also where it does not listen, as a key that never answers. */
export const unless = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    work.then(resolve, reject);
    // Older runtimes give no reason.
    signal.addEventListener("abort", () => reject(signal.reason ?? unreachable()));
  });

/** Work that is broken off after so many milliseconds. */
export async function timed<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), milliseconds);
  try {
    return await unless(end.signal, work(end.signal));
  } finally {
    clearTimeout(timer);
  }
}

/** What a request for JSON looks like. Redirects are not followed, since they would take tokens along. */
export const asJson = (method: string, body: unknown, headers?: Record<string, string>): RequestInit => ({
  method,
  redirect: "error",
  headers: {
    Accept: "application/json",
    ...(body !== undefined && { "Content-Type": "application/json" }),
    ...headers,
  },
  body: JSON.stringify(body) ?? null,
});

/** Ask Keyturn. Every answer is returned as it is, with its status; no answer is one of status 0. */
export async function ask(core: Core, method: string, path: string, what: Ask = {}): Promise<Reply> {
  const { access = null, body, headers, keepalive, timeout = core.timeout } = what;
  const init = { ...asJson(method, body, headers), keepalive: keepalive as boolean };
  const sign = !access || access.bound || path.startsWith("/auth/");
  try {
    return await timed(timeout, async (signal) =>
      replyOf(await transmit(core, new Request(core.base + path, { ...init, signal }), access, sign)),
    );
  } catch {
    return NOTHING;
  }
}

/** Read an answer. A success in anything but JSON is nobody's who speaks for Keyturn: a hotel's sign-in page. */
export async function replyOf(response: Response): Promise<Reply> {
  const body = await said(response);
  return {
    ok: response.ok && body !== NO_JSON,
    status: response.status,
    body,
    after: +(response.headers.get("Retry-After") as string) || 0,
  };
}

const NO_JSON: Body = {};

/** Nobody answered. */
export const NOTHING: Reply = { ok: false, status: 0, body: NO_JSON, after: 0 };

/** The JSON of an answer; empty where it is none. */
export async function said(response: Response): Promise<Body> {
  const text = await response.text();
  try {
    return Object(JSON.parse(text || "{}")) as Body;
  } catch {
    return NO_JSON;
  }
}
