import { alone, direct } from "../alone.js";
import { type Body, type Reply, said, unless } from "../asking.js";
import { call } from "../calling.js";
import { coreOf } from "../client.js";
import { now } from "../clock.js";
import { originOf } from "../config.js";
import { type Access, type Core, here, type Through } from "../core.js";
import { fresh } from "../keeping.js";
import { accountsOf } from "../stepping.js";
import type { KeyturnClient } from "../types.js";
import { type Asking, ceremony } from "./ceremony.js";
import type { Options } from "./second.js";

/** A way to prove once more who one is. */
export type StepUpMethod = "password" | "totp" | "recovery_codes" | "webauthn" | "mail_code";

/** What a server asks for (RFC 9470), and what this user has for it. */
export interface StepUp {
  readonly methods: readonly StepUpMethod[];
  /** Seconds that the last proof may be old, or null. */
  readonly max_age: number | null;
  /** How strong it has to be: `2fa`, `1fa`; any of them will do. */
  readonly acr_values: readonly string[];
  /** Aborted when nobody need prove anything any more: another tab has, or the session has ended. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks for what another tab has brought. */
const LOOK = 250;

/**
 * What to do where the server wants to know once more who the user is: open a dialog, say, that calls one of `stepUpWith…`.
 * When what `prompt` returns has settled, each request that was refused is sent once more; if it rejects, or comes to
 * `false`, they fail as they would have. However many requests are refused, and by whichever server, there is one prompt; of
 * two calls of this function the newer counts.
 *
 * @returns what ends it.
 */
export function onStepUp(client: KeyturnClient, prompt: (asked: StepUp) => Promise<unknown>): () => void {
  const core = coreOf(client);
  let open: Promise<boolean> | null = null;
  const through: Through = async (work, signal) => {
    const before = core.access;
    // Somebody else may sign in while all this waits: the request was not theirs.
    const theirs = () => !before || core.access?.sub === before.sub;
    const told = await work();
    let asked = await askedBy(core, told);
    if (!asked || !theirs()) return told;
    const again = async () => {
      const next = await work();
      asked = await askedBy(core, next);
      return next;
    };
    let last = told;
    // Another request, or another tab, has seen to it while this one was on its way.
    if (serves(core.access, before, asked)) last = await again();
    for (let own = false; asked && !own; ) {
      own = !open;
      open ??= prompted(core, asked, prompt).finally(() => {
        open = null;
      });
      if (!(await (signal ? unless(signal, open) : open)) || !theirs()) break;
      last = await again();
    }
    return last;
  };
  core.through = through;
  return () => {
    if (core.through === through) core.through = direct;
  };
}

/** Prove it with the password. */
export const stepUpWithPassword = (
  client: KeyturnClient,
  proof: { readonly password: string },
): Promise<void> => prove(client, "/auth/reauthenticate", proof);

/** Prove it with a code of the app, or one of the recovery codes. */
export const stepUpWithCode = (client: KeyturnClient, proof: { readonly code: string }): Promise<void> =>
  prove(client, "/auth/2fa/reauthenticate", proof);

/** Prove it with a passkey. */
export async function stepUpWithPasskey(
  client: KeyturnClient,
  { signal }: Pick<Asking, "signal"> = {},
): Promise<void> {
  const core = coreOf(client);
  const path = "/auth/webauthn/reauthenticate";
  const { body } = await alone(core, "GET", accountsOf(core) + path, undefined, direct);
  const { request_options } = body.data as Options;
  const credential = await ceremony("get", request_options, { signal }, core.options.passkeys);
  await prove(client, path, { credential });
}

/** Have a code mailed to prove it with: for those who have neither a password nor a factor. */
export const mailStepUpCode = (client: KeyturnClient): Promise<void> => prove(client, MAILED, {});

/** Prove it with that code. */
export const stepUpWithMailCode = (client: KeyturnClient, proof: { readonly code: string }): Promise<void> =>
  prove(client, MAILED, proof);

const MAILED = "/auth/code/reauthenticate";

/** The answer has a token which says so; no tab refreshes meanwhile. */
async function prove(client: KeyturnClient, path: string, proof: object): Promise<void> {
  const core = coreOf(client);
  await alone(core, "POST", accountsOf(core) + path, proof, direct);
}

/** What an answer asks for; null where it asks for nothing of the kind. */
async function askedBy(core: Core, told: Response | Reply): Promise<Omit<StepUp, "signal"> | null> {
  if (told.status !== 401 || !here(core)) return null;
  // Any site may answer so: only who gets the token has a say in how fresh it is.
  if ("headers" in told && told.url && !core.origins.includes(originOf(told.url))) return null;
  const header = ("headers" in told && told.headers.get("WWW-Authenticate")) || "";
  const body = ("headers" in told ? await said(told.clone()) : told.body) as Body & {
    readonly max_age?: unknown;
    readonly acr_values?: unknown;
  };
  if (body.reason !== "reauthentication_required" && !/insufficient_user_auth/.test(header)) return null;
  // A parameter of the challenge, quoted or not (RFC 9110 section 11.2).
  const parameter = (name: string) =>
    new RegExp(`[\\s,]${name}\\s*=\\s*(?:"([^"]*)"|([^\\s,]+))`, "i").exec(header)?.slice(1).join("");
  const age = Number.parseInt(String(body.max_age ?? parameter("max_age")), 10);
  const values = String(body.acr_values ?? parameter("acr_values") ?? "");
  return {
    methods: Array.isArray(body.methods) ? body.methods : await methodsOf(core, values),
    max_age: age >= 0 ? age : null,
    acr_values: values.split(/[\s,]+/).filter(Boolean),
  };
}

/** What this user has for it, where a server that is not Keyturn does not say. Nothing where nobody knows. */
async function methodsOf(core: Core, values: string): Promise<readonly StepUpMethod[]> {
  const path = `${accountsOf(core)}/auth/reauthenticate?${new URLSearchParams({ acr_values: values })}`;
  const told = await call<{ readonly data?: { readonly methods?: readonly StepUpMethod[] } }>(
    core,
    "GET",
    path,
    undefined,
    undefined,
    direct,
  ).catch(() => null);
  return told?.data?.methods ?? [];
}

/**
 * Whether a token that has come since says what is asked for: by how old it is, and how old the proof was when it was made.
 * The one from before was refused, whatever it says.
 */
function serves(
  access: Access | null,
  before: Access | null,
  { max_age, acr_values }: Omit<StepUp, "signal">,
): boolean {
  if (!access || access.token === before?.token || (max_age === null && !acr_values.length)) return false;
  const { proven, acr } = assuranceOf(access.token);
  return (
    (max_age === null || proven + (now() - access.asked) / 1000 <= max_age) &&
    (!acr_values.length || acr_values.includes(acr))
  );
}

/** Seconds from the last proof to the token, and how strong it was. */
function assuranceOf(token: string): { readonly proven: number; readonly acr: string } {
  try {
    const payload = token.split(".")[1] ?? "";
    const { iat, auth_time, acr } = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))) as Record<
      string,
      unknown
    >;
    return { proven: Number(iat) - Number(auth_time), acr: String(acr) };
  } catch {
    return { proven: Number.NaN, acr: "" };
  }
}

/** Ask the user, until it is proven here or in another tab, given up, or the session has ended. */
async function prompted(
  core: Core,
  asked: Omit<StepUp, "signal">,
  prompt: (asked: StepUp) => Promise<unknown>,
): Promise<boolean> {
  const end = new AbortController();
  const before = core.access;
  const id = here(core)?.id;
  let timer: ReturnType<typeof setInterval> | undefined;
  const elsewhere = new Promise<boolean>((resolve) => {
    timer = setInterval(() => {
      const over = here(core)?.id !== id;
      if (over || core.closed || serves(core.access, before, asked)) resolve(!over && !core.closed);
    }, LOOK);
  });
  try {
    const own = prompt({ ...asked, signal: end.signal }).then((answer) => answer !== false);
    const proven = await Promise.race([own, elsewhere]);
    // Proven by something whose answer had no token: a refresh brings one that says so.
    if (proven && core.access?.token === before?.token) await fresh(core, core.access, core.timeout);
    return proven && here(core)?.id === id;
  } catch {
    return false;
  } finally {
    clearInterval(timer);
    end.abort();
  }
}
