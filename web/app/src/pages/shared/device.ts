/** What kind of thing a session runs on, read from the server's words for it ("Firefox on Windows"). */

export type DeviceKind = "computer" | "phone" | "tablet" | "program" | "unknown";

export interface Device {
  readonly kind: DeviceKind;
  /** "Firefox", or the whole text where it has another form; empty where nothing is known. */
  readonly browser: string;
  /** "Windows", or empty. */
  readonly system: string;
}

const UNKNOWN: Device = { kind: "unknown", browser: "", system: "" };
const LONGEST = 60;

const PROGRAMS =
  /^(curl|wget|python|httpx|okhttp|go-http|java|node|axios|postman|insomnia|ruby|php|perl|libwww)/i;

/**
 * Reads the words that `user_agent` of a session or an event has. They may come from anybody: the answer is text to
 * be shown as text, at most 60 characters a part.
 */
export function deviceOf(words: string): Device {
  const plain = words.trim();
  if (plain === "" || plain === "Unknown client") return UNKNOWN;
  const split = plain.lastIndexOf(" on ");
  const [browser, system] = split < 0 ? [plain, ""] : [plain.slice(0, split), plain.slice(split + 4)];
  return { kind: kindOf(browser, system), browser: short(browser), system: short(system) };
}

function kindOf(browser: string, system: string): DeviceKind {
  if (/ipad|tablet/i.test(`${browser} ${system}`)) return "tablet";
  if (/^(ios|android|harmonyos|kaios|windows phone)/i.test(system) || /mobile/i.test(browser)) return "phone";
  if (PROGRAMS.test(browser)) return "program";
  if (/^(windows|mac|linux|ubuntu|debian|fedora|chrome ?os|freebsd|openbsd)/i.test(system)) return "computer";
  return "unknown";
}

const short = (part: string): string => part.slice(0, LONGEST);
