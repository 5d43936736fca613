/** The browser of the lab: a real client of `@keyturn/client`, whose network can be cut. */
import { createClient, type KeyturnClient, type TokenStorage } from "@keyturn/client";

/** What a session of the lab is bound to. */
export type Protection = "dpop" | "cookie" | "none";

export interface Network {
  cut: boolean;
  /** Cut it as soon as the next refresh has been answered. */
  cutAfterRefresh: boolean;
}

/** A store in this page's memory; its frames ("tabs") share it where there is no cookie to share. */
export interface MemoryStore extends TokenStorage {
  /** The refresh token in it, for the thief. */
  copy(): string | undefined;
}

export interface Browser {
  readonly client: KeyturnClient;
  readonly network: Network;
  readonly store: MemoryStore | null;
}

const TOKEN = /[\w-]+\.[\w-]+\.[\w-]+/;

export function memoryStore(): MemoryStore {
  const kept = new Map<string, string>();
  return {
    get: async (key) => kept.get(key) ?? null,
    set: async (key, value) => {
      kept.set(key, value);
    },
    remove: async (key) => {
      kept.delete(key);
    },
    copy: () =>
      [...kept.values()].map((value) => TOKEN.exec(value)?.[0]).find((found) => found !== undefined),
  };
}

function cut(network: Network): void {
  network.cutAfterRefresh = false;
  network.cut = true;
}

/** A `fetch` that says in each request who asks, and fails as a network does while it is cut. */
export function fetchAs(who: string, network: Network): typeof globalThis.fetch {
  return async (input, init) => {
    if (network.cut) throw new TypeError("the lab has cut the network");
    const request = new Request(input, init);
    request.headers.set("X-Keyturn-Lab", who);
    const isLast = () => network.cutAfterRefresh && new URL(request.url).pathname === "/token/refresh/";
    try {
      const answer = await globalThis.fetch(request);
      // A 400 asks for a nonce: nothing has happened yet.
      if (answer.status !== 400 && isLast()) cut(network);
      return answer;
    } catch (error) {
      // The reply was lost so early that there is none.
      if (isLast()) cut(network);
      throw error;
    }
  };
}

/**
 * Open it.
 *
 * @param protection "dpop" as far as this browser can; "none" is an app without cookies, its token in its own memory.
 */
export function openBrowser(protection: Protection): Browser {
  const network: Network = { cut: false, cutAfterRefresh: false };
  const store = protection === "none" ? memoryStore() : null;
  const client = createClient({
    baseUrl: "",
    fetch: fetchAs("browser", network),
    dpop: protection === "dpop" ? "auto" : "off",
    ...(store ? { mode: "bearer", storage: store } : { mode: "web" }),
  });
  return { client, network, store };
}
