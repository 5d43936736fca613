import { alone } from "../alone.js";
import { call } from "../calling.js";
import { coreOf } from "../client.js";
import type { Core } from "../core.js";
import { KeyturnError } from "../errors.js";
import { nap } from "../keeping.js";
import { accountsOf } from "../stepping.js";
import type { KeyturnClient, Step } from "../types.js";
import { type Asking, able, ceremony, PasskeyError } from "./ceremony.js";
import { flowData, posted } from "./onward.js";
import { codesOf, type PasskeyFactor } from "./own.js";
import type { Options } from "./second.js";

/** Milliseconds after which what waits in the autofill is asked for anew: the server takes an answer for five minutes. */
const STALE = 240_000;
/** Milliseconds after which a server that could not be reached is asked again. */
const PAUSE = 30_000;

/**
 * Whether passkeys can be asked for here at all: in browsers on https and localhost.
 *
 * @param client A client whose options may name something else that asks for them.
 */
export const canUsePasskeys = (client?: KeyturnClient): boolean => able(client?.options.passkeys);

/** Whether the browser offers passkeys in the autofill of a field with `autocomplete="username webauthn"`. */
export async function canAutofillPasskeys(): Promise<boolean> {
  try {
    return able() && (await PublicKeyCredential.isConditionalMediationAvailable());
  } catch {
    return false;
  }
}

/**
 * Sign in with a passkey alone. With `autofill` it waits until the user picks one in the form, for as long as it takes; a
 * dialog for a passkey that this page opens meanwhile ends it.
 *
 * @throws PasskeyError
 */
export async function signInWithPasskey(client: KeyturnClient, asking: Asking = {}): Promise<Step> {
  const core = coreOf(client);
  const credential = await (asking.autofill ? waiting(core, asking) : picked(core, asking));
  return posted(core, LOGIN, { credential });
}

const LOGIN = "/auth/webauthn/login";

async function picked(core: Core, asking: Asking): Promise<unknown> {
  const { request_options } = await flowData<Options>(core, "GET", LOGIN);
  return ceremony("get", request_options, asking, core.options.passkeys);
}

/** The same, asked for again before the server's challenge is too old. */
async function waiting(core: Core, asking: Asking): Promise<unknown> {
  const { signal } = asking;
  for (;;) {
    let aged = false;
    const round = new AbortController();
    const stop = (): void => round.abort();
    signal?.addEventListener("abort", stop);
    const timer = setTimeout(() => {
      aged = true;
      stop();
    }, STALE);
    try {
      if (signal?.aborted) throw new PasskeyError("given-up");
      return await picked(core, { ...asking, signal: round.signal });
    } catch (error) {
      const gone = signal?.aborted || core.closed;
      const lost = error instanceof KeyturnError && error.code === "unreachable";
      if (gone || !(aged || lost)) throw error;
      if (lost) await nap(core, PAUSE);
      // Nobody looks at a hidden page: the next round begins when somebody does.
      while (globalThis.document?.visibilityState === "hidden" && !signal?.aborted && !core.closed)
        await nap(core, PAUSE);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }
}

/**
 * Add a passkey to the account.
 *
 * @param passkey `passwordless` (unless told otherwise): one that can also sign in alone, without a name.
 * @returns it, and the recovery codes where they were made with it: they are shown this once.
 * @throws PasskeyError
 */
export async function addPasskey(
  client: KeyturnClient,
  passkey: {
    /** What the user calls it; the server finds a name where it is empty. */
    readonly name?: string | undefined;
    readonly passwordless?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly passkey: PasskeyFactor; readonly recovery_codes: readonly string[] }> {
  const core = coreOf(client);
  const { name = "", passwordless = true, signal } = passkey;
  const path = pathOf(core);
  const { data } = await call<{ data: { creation_options: unknown } }>(
    core,
    "GET",
    path + (passwordless ? "?passwordless" : ""),
  );
  const credential = await ceremony("create", data.creation_options, { signal }, core.options.passkeys);
  const { body } = await alone(core, "POST", path, { name, credential });
  return { passkey: body.data as PasskeyFactor, recovery_codes: codesOf(body) };
}

/** Give a passkey another name. */
export async function renamePasskey(
  client: KeyturnClient,
  passkey: { readonly id: number; readonly name: string },
): Promise<PasskeyFactor> {
  const core = coreOf(client);
  return (await call<{ data: PasskeyFactor }>(core, "PUT", pathOf(core), passkey)).data;
}

/** Remove passkeys from the account. They stay where they are kept, and open nothing here any more. */
export async function removePasskeys(
  client: KeyturnClient,
  { ids }: { readonly ids: readonly number[] },
): Promise<void> {
  const core = coreOf(client);
  await call(core, "DELETE", pathOf(core), { authenticators: ids });
}

const pathOf = (core: Core): string => `${accountsOf(core)}/account/authenticators/webauthn`;
