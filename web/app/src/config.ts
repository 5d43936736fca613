/** What the server writes into the page: `<script type="application/json" id="keyturn">`. Nothing in it is secret. */

/** Other pages of the same server, by name, as `{"inbox": "/dev/inbox/"}`; those that there are. */
export type ServerLinks = Readonly<Partial<Record<"inbox" | "lab" | "admin" | "docs", string>>>;

export interface Config {
  /** The server runs with `KEYTURN_DEBUG`: the lab, the inbox and the demo's user are there. */
  readonly development: boolean;
  /** Whom the form is filled in with; only in development. */
  readonly demo: { readonly username: string; readonly password: string } | null;
  readonly links: ServerLinks;
  /** Whether people may make accounts themselves. */
  readonly signUp: boolean;
  readonly siteName: string;
}

const LINKS = ["inbox", "lab", "admin", "docs"] as const;

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Read the configuration. What is missing or of the wrong kind has its harmless value, so that an app and a server of
 * different versions get along.
 *
 * @param text JSON, as it stands in the page; null where the page has none.
 */
export function readConfig(text: string | null): Config {
  let found: Loose = {};
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    if (isObject(parsed)) found = parsed;
  } catch {
    // A page that somebody else wrote; go on without.
  }
  const demo = found["demo"];
  const links = isObject(found["links"]) ? found["links"] : {};
  return {
    development: found["development"] === true,
    demo:
      isObject(demo) && typeof demo["username"] === "string" && typeof demo["password"] === "string"
        ? { username: demo["username"], password: demo["password"] }
        : null,
    links: Object.fromEntries(LINKS.flatMap((name) => (isPath(links[name]) ? [[name, links[name]]] : []))),
    signUp: found["signUp"] !== false,
    siteName:
      typeof found["siteName"] === "string" && found["siteName"] !== "" ? found["siteName"] : "Keyturn",
  };
}

/** Whether it is an address that a link may have: a path of this server, or http(s) elsewhere; no `javascript:`. */
function isPath(value: unknown): value is string {
  return typeof value === "string" && /^(https?:\/\/|\/(?![/\\]))/i.test(value);
}

export const config: Config = readConfig(
  typeof document === "undefined" ? null : (document.getElementById("keyturn")?.textContent ?? null),
);
