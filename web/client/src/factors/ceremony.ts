import { base64url } from "../bytes.js";
import type { PasskeyDevice } from "../types.js";

/**
 * Why no passkey came: the user closed the dialog, or whoever asked gave it up; the device has one of this account
 * already; there are none here, or not for this site.
 */
export type PasskeyProblem = "given-up" | "already-added" | "not-available";

/** What a browser, or its user, did not do. Nothing was sent. */
export class PasskeyError extends Error {
  readonly reason: PasskeyProblem;

  constructor(reason: PasskeyProblem, options?: ErrorOptions) {
    super(`passkey: ${reason}`, options);
    this.name = "PasskeyError";
    this.reason = reason;
  }
}

/** How one is asked for a passkey. */
export interface Asking {
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
  /** In the form's autofill, instead of in a dialog ("conditional mediation", WebAuthn Level 3 section 5.1.4). */
  readonly autofill?: boolean | undefined;
}

/** Whether this page can ask for a passkey: in a browser on https or localhost, or by a device of the options. */
export const able = (device?: PasskeyDevice): boolean =>
  Boolean(device) || (typeof PublicKeyCredential === "function" && Boolean(navigator.credentials));

/** Milliseconds that a dialog has to close in: browsers refuse a second one until the first has. */
const CLOSING = 500;

/** The one that is open. */
let under:
  | { readonly abort: () => void; readonly over: Promise<unknown>; readonly autofill: boolean }
  | undefined;

/**
 * Let the user make a passkey, or use one. A page can have one such dialog only, and one that waits in the autofill counts
 * for one: the newer ends the older, but no autofill a dialog.
 *
 * @param options As the server says it: `PublicKeyCredentialCreationOptions` or `…RequestOptions`, in JSON.
 * @returns the answer in JSON, for the server.
 * @throws PasskeyError
 */
export async function ceremony(
  kind: "create" | "get",
  options: unknown,
  { signal, autofill }: Asking,
  device: PasskeyDevice = browser,
): Promise<unknown> {
  const { publicKey } = Object(options) as { publicKey?: unknown };
  if (device === browser && !able()) throw new PasskeyError("not-available");
  const before = under;
  if (autofill && before && !before.autofill) throw new PasskeyError("given-up");
  const end = new AbortController();
  const stop = (): void => end.abort();
  let close = (): void => {};
  const mine = {
    abort: stop,
    autofill: autofill === true,
    over: new Promise<void>((resolve) => {
      close = resolve;
    }),
  };
  under = mine;
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    if (before) {
      before.abort();
      await Promise.race([before.over, new Promise((resolve) => setTimeout(resolve, CLOSING))]);
    }
    if (end.signal.aborted) throw end.signal.reason;
    return await device[kind](publicKey, { signal: end.signal, autofill: mine.autofill });
  } catch (error) {
    const problem = end.signal.aborted ? "given-up" : problemOf((error as Partial<Error> | undefined)?.name);
    throw new PasskeyError(problem, { cause: error });
  } finally {
    signal?.removeEventListener("abort", stop);
    if (under === mine) under = undefined;
    close();
  }
}

/** What an error of the browser's means (WebAuthn Level 3 sections 5.1.3 and 5.1.4; none of them says more). */
const problemOf = (name?: string): PasskeyProblem =>
  name === "AbortError" || name === "NotAllowedError"
    ? "given-up"
    : name === "InvalidStateError"
      ? "already-added"
      : "not-available";

/**
 * The browser's own. Its answer is turned into JSON here: `toJSON` and `parse…FromJSON` are missing in older browsers, and
 * fail where a password manager has put itself between.
 */
const browser: PasskeyDevice = {
  async create(options, { signal }) {
    const { challenge, user, excludeCredentials, ...rest } =
      options as PublicKeyCredentialCreationOptionsJSON;
    const publicKey = {
      ...rest,
      challenge: bytes(challenge),
      user: { ...user, id: bytes(user.id) },
      excludeCredentials: excludeCredentials?.map(described) ?? [],
    } as unknown as PublicKeyCredentialCreationOptions;
    return told(await navigator.credentials.create({ publicKey, signal }));
  },
  async get(options, { signal, autofill }) {
    const { challenge, allowCredentials, ...rest } = options as PublicKeyCredentialRequestOptionsJSON;
    const publicKey = {
      ...rest,
      challenge: bytes(challenge),
      allowCredentials: allowCredentials?.map(described) ?? [],
    } as unknown as PublicKeyCredentialRequestOptions;
    return told(
      await navigator.credentials.get({ publicKey, signal, ...(autofill && { mediation: "conditional" }) }),
    );
  },
};

const bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

const described = ({ id, ...rest }: PublicKeyCredentialDescriptorJSON) => ({ ...rest, id: bytes(id) });

/** `RegistrationResponseJSON` or `AuthenticationResponseJSON` (WebAuthn Level 3 section 5.1.8). */
function told(credential: Credential | null): unknown {
  if (!credential) throw new PasskeyError("given-up");
  const { id, type, rawId, authenticatorAttachment, response } = credential as PublicKeyCredential;
  const { clientDataJSON, attestationObject, authenticatorData, signature, userHandle } =
    response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const text = (buffer: ArrayBuffer) => base64url(new Uint8Array(buffer));
  return {
    id,
    type,
    rawId: text(rawId),
    ...(authenticatorAttachment && { authenticatorAttachment }),
    clientExtensionResults: (credential as PublicKeyCredential).getClientExtensionResults(),
    response: {
      clientDataJSON: text(clientDataJSON),
      ...(attestationObject
        ? {
            attestationObject: text(attestationObject),
            transports: (response as AuthenticatorAttestationResponse).getTransports?.() ?? [],
          }
        : {
            authenticatorData: text(authenticatorData),
            signature: text(signature),
            ...(userHandle && { userHandle: text(userHandle) }),
          }),
    },
  };
}
