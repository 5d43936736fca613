/**
 * What a page has and Node lacks, as a page has it: cookies, localStorage, Web Locks; tabs that share them; a network that
 * can fail. `BroadcastChannel` is Node's own, and the server is a real one.
 */
import { afterEach, inject, vi } from "vitest";
import { createClient } from "../src/index.js";
import type { ClientOptions, KeyturnClient, Session } from "../src/types.js";

export const served = inject("keyturn");

/** What happens to a request: passed on with `send`, or not. */
export type Rule = (request: Request, send: () => Promise<Response>) => Promise<Response>;

export interface Browser {
  /** All requests that left it: method and path. */
  readonly sent: string[];
  /** The same with everything, to look for what must not be there. */
  readonly requests: Request[];
  readonly cookies: Map<string, string>;
  /** What happens to requests; null: nothing special. */
  rule: Rule | null;
  /** Another page. */
  tab(options?: Partial<ClientOptions>): KeyturnClient;
}

const open: KeyturnClient[] = [];

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

/** A browser with pages of Keyturn's own origin. Two at once have different `base`s, or share what tabs share. */
export function browser(base = served.base): Browser {
  const cookies = new Map<string, string>();
  const one: Browser = {
    sent: [],
    requests: [],
    cookies,
    rule: null,
    tab(options = {}) {
      const client = createClient({ baseUrl: base, mode: "web", dpop: "off", ...options, fetch: through });
      open.push(client);
      return client;
    },
  };
  const through: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    one.requests.push(request.clone());
    one.sent.push(`${request.method} ${new URL(request.url).pathname}`);
    const brought = new Map<Response, readonly string[]>();
    const send = async () => {
      const headers = new Headers(request.headers);
      headers.set("Origin", base);
      headers.set("Sec-Fetch-Site", "same-origin");
      if (request.credentials === "include" && cookies.size) {
        headers.set("Cookie", [...cookies].map((pair) => pair.join("=")).join("; "));
      }
      const response = await fetch(request.clone(), { headers });
      brought.set(response, response.headers.getSetCookie());
      return response;
    };
    const response = await (one.rule ? one.rule(request, send) : send());
    // The cookies of an answer that does not arrive do not arrive either.
    for (const line of brought.get(response) ?? []) keepCookie(cookies, line);
    return response;
  };
  return one;
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (/max-age=0/i.test(line)) cookies.delete(name);
  else cookies.set(name, value);
}

/** Lost on its way back: the server has done it, and nobody hears. */
export const loseReply: Rule = async (_request, send) => {
  const answer = await send();
  await answer.arrayBuffer();
  throw new TypeError("fetch failed");
};

/** Nothing goes out. */
export const offline: Rule = async () => {
  throw new TypeError("fetch failed");
};

/** An answer of somebody's. */
export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Rule =>
  async () =>
    typeof body === "string"
      ? new Response(body, { status, headers: { "Content-Type": "text/html", ...headers } })
      : new Response(status === 204 ? null : JSON.stringify(body), {
          status,
          headers: { "Content-Type": "application/json", ...headers },
        });

/** This rule for refreshes, none for everything else. */
export const atRefresh =
  (rule: Rule): Rule =>
  (request, send) =>
    request.url.endsWith("/token/refresh/") ? rule(request, send) : send();

/** The page's storage, as other code of the page sees it. */
export function storage(): Map<string, string> {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
  return kept;
}

/** The page's window, as far as events go. Returns what fires one. */
export function events(): (name: "online" | "offline" | "pageshow" | "visibilitychange") => void {
  const target = new EventTarget();
  vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
  return (name) => target.dispatchEvent(new Event(name));
}

/** Web Locks (W3C), as far as one name and exclusive mode go. */
export function locks(): void {
  const queues = new Map<string, Promise<unknown>>();
  const request = async (name: string, { signal }: { signal: AbortSignal }, work: () => Promise<unknown>) => {
    const before = queues.get(name) ?? Promise.resolve();
    const aborted = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const granted = Promise.race([before.catch(() => {}), aborted]);
    const turn = granted.then(() => work());
    queues.set(
      name,
      turn.catch(() => before),
    );
    return turn;
  };
  vi.stubGlobal("navigator", { locks: { request }, cookieEnabled: true });
}

/** Wait until a client's session is so. */
export async function when(client: KeyturnClient, is: (session: Session) => boolean): Promise<Session> {
  const seen: Session[] = [];
  return new Promise((resolve, reject) => {
    const look = (session: Session) => {
      seen.push(session);
      if (!is(session)) return;
      clearTimeout(timer);
      stop();
      resolve(session);
    };
    const timer = setTimeout(() => reject(new Error(`never so: ${JSON.stringify(seen)}`)), 15_000);
    const stop = client.onChange(look);
    look(client.getSession());
  });
}

/** Wait until it is so. */
export async function eventually(is: () => boolean | Promise<boolean>): Promise<void> {
  for (const began = performance.now(); performance.now() - began < 15_000; ) {
    if (await is()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it never became so");
}

export const signedIn = (session: Session): boolean => session.status === "signed-in";
export const signedOut = (session: Session): boolean => session.status === "signed-out";

/** The demo user's name and password. */
export const demo = { username: served.username, password: served.password };

let ahead = 0;
const real = Date.now.bind(Date);

/** Let so many seconds pass: for the server, and for the wall clock of this device. */
export async function pass(seconds: number): Promise<void> {
  await serverPasses(seconds);
  devicePasses(seconds);
}

/** Let so many seconds pass for the server alone. */
export async function serverPasses(seconds: number): Promise<void> {
  await fetch(`${served.base}/dev/clock/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ advance: seconds }),
  });
}

/** Set this device's wall clock forward, or back. */
export function devicePasses(seconds: number): void {
  ahead += seconds * 1000;
  vi.spyOn(Date, "now").mockImplementation(() => real() + ahead);
}

afterEach(async () => {
  ahead = 0;
  await fetch(`${served.base}/dev/clock/`, { method: "DELETE" });
});
