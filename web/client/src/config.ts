import type { ClientOptions } from "./types.js";

/** The options, made definite. */
export interface Config {
  readonly options: ClientOptions;
  /** Where Keyturn is: absolute where a page or the options say so, without a slash at its end. */
  readonly base: string;
  /** The origin of `base`, and all others that get the access token. */
  readonly origins: readonly string[];
  readonly web: boolean;
  readonly timeout: number;
  readonly send: typeof globalThis.fetch;
  /** Names everything that tabs share: locks, channels, flags. Another server, or another mode, has another name. */
  readonly name: string;
  /** Whether other tabs may be there to share with. */
  readonly shared: boolean;
}

/** Scheme, host and port of an absolute URL; "" of anything else. React Native's `URL` does not tell. */
export const originOf = (url: string): string => /^https?:\/\/[^/?#]+/i.exec(url)?.[0].toLowerCase() ?? "";

/** As the page would take it; without a page, as Keyturn's. */
export function absolute(url: string, base: string): string {
  const page = globalThis.location?.href;
  if (page) return new URL(url, page).href;
  return originOf(url) ? url : base + url.replace(/^\/?/, "/");
}

/** Judge the options. */
export function configure(options: ClientOptions): Config {
  const page = typeof document !== "undefined";
  // With cookies switched off no cookie mode can work; a page can still keep its user until it is closed.
  const web = options.mode ? options.mode === "web" : page && navigator.cookieEnabled;
  const base = absolute(options.baseUrl || "/", "").replace(/\/+$/, "");
  return {
    options,
    base,
    origins: [base, ...(options.apiOrigins ?? [])].map(originOf),
    web,
    timeout: options.timeout ?? 10_000,
    send: (input, init) => (options.fetch ?? fetch)(input, init),
    name: `keyturn.${web ? "" : "bearer."}${base.replace(/[^\w.-]+/g, "_")}`,
    shared: web || page,
  };
}
