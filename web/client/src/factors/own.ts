import { alone, replyTo } from "../alone.js";
import type { Body } from "../asking.js";
import { call } from "../calling.js";
import { coreOf } from "../client.js";
import { here } from "../core.js";
import { errorOf, KeyturnError } from "../errors.js";
import { start } from "../starting.js";
import { accountsOf } from "../stepping.js";
import type { KeyturnClient, Step } from "../types.js";
import { flowReply, onward } from "./onward.js";
import { finished, ticketed } from "./second.js";

interface Used {
  /** Unix time, in seconds. */
  readonly created_at: number;
  readonly last_used_at: number | null;
}

/** An app that shows codes (TOTP, RFC 6238). */
export interface AppFactor extends Used {
  readonly type: "totp";
}

/** Recovery codes, for when the others are not at hand. They alone are no second factor. */
export interface RecoveryFactor extends Used {
  readonly type: "recovery_codes";
  readonly total_code_count: number;
  readonly unused_code_count: number;
}

export interface PasskeyFactor extends Used {
  readonly type: "webauthn";
  readonly id: number;
  readonly name: string;
  /** Whether it can sign in alone; absent where its device did not say. */
  readonly is_passwordless?: boolean;
}

export type Factor = AppFactor | RecoveryFactor | PasskeyFactor;

/** What an app is set up with. */
export interface AppSetUp {
  /** In base32, to be typed. */
  readonly secret: string;
  /** `otpauth://…`, what the picture says. */
  readonly totp_url: string;
  /** The same as a picture, in the text of an SVG: for `<img>` behind `data:image/svg+xml,` and `encodeURIComponent`. */
  readonly totp_svg: string;
}

const APP = "/account/authenticators/totp";

/** The account's factors. */
export async function factors(client: KeyturnClient): Promise<readonly Factor[]> {
  const core = coreOf(client);
  return (await call<{ data: readonly Factor[] }>(core, "GET", `${accountsOf(core)}/account/authenticators`))
    .data;
}

/** Begin to set an app up: of who is signed in, or of who must before they are (the step "set-up-factor"). */
export async function setUpApp(client: KeyturnClient): Promise<AppSetUp> {
  const core = coreOf(client);
  await start(core);
  if (core.ticket) return ticketed(core, "/token/mfa/setup/");
  const reply = here(core)
    ? await replyTo(core, "GET", accountsOf(core) + APP)
    : await flowReply(core, "GET", APP);
  const { meta } = reply.body as { meta?: Partial<AppSetUp> };
  // "There is none", says the server, and with what one would be made.
  if (reply.status === 404 && meta?.secret) return meta as AppSetUp;
  if (reply.ok) throw new KeyturnError("This account has an app already.", { status: 409, code: "conflict" });
  throw errorOf(reply);
}

/**
 * Show a code of the new app: from now on it is asked for.
 *
 * @returns the recovery codes too, where they were made with it: they are shown this once.
 */
export async function confirmApp(
  client: KeyturnClient,
  proof: { readonly code: string },
): Promise<{ readonly step: Step; readonly recovery_codes: readonly string[] }> {
  const core = coreOf(client);
  await start(core);
  if (here(core)) {
    const { body } = await alone(core, "POST", accountsOf(core) + APP, proof);
    return { step: { step: "signed-in" }, recovery_codes: codesOf(body) };
  }
  const work = core.ticket ? finished(core, proof) : () => flowReply(core, "POST", APP, proof);
  const { step, reply } = await onward(core, work);
  return { step, recovery_codes: codesOf(reply.body) };
}

/** Remove the app. */
export async function removeApp(client: KeyturnClient): Promise<void> {
  const core = coreOf(client);
  await call(core, "DELETE", accountsOf(core) + APP);
}

/** Make recovery codes anew, which are shown this once. Those before open nothing any more. */
export async function newRecoveryCodes(client: KeyturnClient): Promise<readonly string[]> {
  const core = coreOf(client);
  return codesOf(await call<Body>(core, "POST", `${accountsOf(core)}/account/authenticators/recovery-codes`));
}

/** The recovery codes that an answer holds, wherever it has them; none where it made none. */
export function codesOf(body: object): readonly string[] {
  const { data, meta, recovery_codes } = body as Codes & { readonly data?: unknown; readonly meta?: unknown };
  const [inData, inMeta] = [Object(data) as Codes, Object(meta) as Codes];
  return recovery_codes ?? inMeta.recovery_codes ?? inData.recovery_codes ?? inData.unused_codes ?? [];
}

interface Codes {
  readonly recovery_codes?: readonly string[];
  /** django-allauth's name. */
  readonly unused_codes?: readonly string[];
}
