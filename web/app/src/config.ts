/** What the server writes into the page: `<script type="application/json" id="keyturn">`. Nothing in it is secret. */

/** Other pages of the same server, by name, as `{"inbox": "/dev/inbox/"}`; those that there are. */
export type ServerLinks = Readonly<Partial<Record<"inbox" | "lab" | "admin" | "docs", string>>>;

/** Another service that vouches for who somebody is. */
export interface Provider {
  readonly id: string;
  readonly name: string;
}

export interface Config {
  /** The server runs with `KEYTURN_DEBUG`: the lab, the inbox and the demo's user are there. */
  readonly development: boolean;
  /** Whom the form is filled in with; only in development. */
  readonly demo: { readonly username: string; readonly password: string } | null;
  readonly links: ServerLinks;
  /** Whether people may make accounts themselves. */
  readonly signUp: boolean;
  /** Whether the server takes passkeys of this address. */
  readonly passkeys: boolean;
  /** Whether a code or a link from a mail signs in. */
  readonly signInByMail: boolean;
  /** Other services that one can sign in with. */
  readonly providers: readonly Provider[];
  /** Seconds for which a trusted device is asked for no second factor; 0: no device is trusted. */
  readonly trustDeviceFor: number;
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
    passkeys: found["passkeys"] === true,
    signInByMail: found["signInByMail"] === true,
    providers: Array.isArray(found["providers"]) ? found["providers"].flatMap(providerOf) : [],
    trustDeviceFor: typeof found["trustDeviceFor"] === "number" ? Math.max(0, found["trustDeviceFor"]) : 0,
    siteName:
      typeof found["siteName"] === "string" && found["siteName"] !== "" ? found["siteName"] : "Keyturn",
  };
}

function providerOf(value: unknown): Provider[] {
  if (!isObject(value) || typeof value["id"] !== "string" || typeof value["name"] !== "string") return [];
  return value["id"] === "" ? [] : [{ id: value["id"], name: value["name"] || value["id"] }];
}

/** Whether it is an address that a link may have: a path of this server, or http(s) elsewhere; no `javascript:`. */
function isPath(value: unknown): value is string {
  return typeof value === "string" && /^(https?:\/\/|\/(?![/\\]))/i.test(value);
}

export const config: Config = readConfig(
  typeof document === "undefined" ? null : (document.getElementById("keyturn")?.textContent ?? null),
);
