import type { Access, Core } from "./core.js";
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
}

/** An answer of Keyturn's API. */
export interface Reply {
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
}

/** Work that is broken off after so many milliseconds. */
export async function timed<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), milliseconds);
  try {
    return await work(end.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** What a request for JSON looks like. */
export const asJson = (method: string, body: unknown, headers?: Record<string, string>): RequestInit => ({
  method,
  headers: {
    Accept: "application/json",
    ...(body !== undefined && { "Content-Type": "application/json" }),
    ...headers,
  },
  ...(body !== undefined && { body: JSON.stringify(body) }),
});

/**
 * Ask Keyturn. Every answer is returned as it is, with its status; no answer is one of status 0. Redirects are not
 * followed, since they would take tokens along.
 */
export async function ask(core: Core, method: string, path: string, what: Ask = {}): Promise<Reply> {
  const { access = null, body, headers, keepalive = false } = what;
  const init: RequestInit = { ...asJson(method, body, headers), redirect: "error", keepalive };
  const sign = !access || access.bound || path.startsWith("/auth/");
  try {
    return await timed(core.timeout, async (signal) =>
      replyOf(await transmit(core, core.base + path, { ...init, signal }, access, sign)),
    );
  } catch {
    return { status: 0, body: {}, after: 0 };
  }
}

/** Read an answer. */
export async function replyOf(response: Response): Promise<Reply> {
  return {
    status: response.status,
    body: await said(response),
    after: Number(response.headers.get("Retry-After")) || 0,
  };
}

/** The JSON of an answer; empty where it is none. */
export async function said(response: Response): Promise<Body> {
  const text = await response.text();
  try {
    return Object(JSON.parse(text)) as Body;
  } catch {
    return {};
  }
}
