/**
 * A passkey's device and the browser around it, in software: keys of the curve P-256, no attestation, every flag and
 * counter at will. What it makes is what WebAuthn Level 3 says, so that a real server takes it.
 */
import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { vi } from "vitest";

interface Kept {
  readonly id: Buffer;
  readonly key: KeyObject;
  readonly rpId: string;
  readonly user: Buffer;
  counter: number;
}

export interface Device {
  readonly keys: Kept[];
  /** The origin of the page. */
  origin: string;
  /** What the next dialog comes to, if not a passkey: the name of the error that the browser throws. */
  refuses: string | null;
  /** What was asked for, as the page asked it. */
  readonly asked: { readonly kind: "create" | "get"; readonly mediation: string | undefined }[];
  /** Whether a dialog waits for its user, too. */
  slow: boolean;
  /** While set, a request in the autofill waits until the user picks: call it. */
  pick: (() => void) | null;
}

/** A device in a browser whose page is of this origin. It is the page's `navigator.credentials` from now on. */
export function device(origin: string): Device {
  const one: Device = { keys: [], origin, refuses: null, asked: [], slow: false, pick: null };
  let pending = false;

  const dialog = async <T>(
    signal: AbortSignal | undefined,
    mediation: unknown,
    make: () => T,
  ): Promise<T> => {
    if (pending) throw new DOMException("A request is already pending.", "OperationError");
    pending = true;
    try {
      if (signal?.aborted) throw signal.reason;
      if (one.refuses) throw new DOMException("refused", one.refuses);
      if (mediation === "conditional" || one.slow) {
        await new Promise<void>((resolve, reject) => {
          one.pick = resolve;
          signal?.addEventListener("abort", () => reject(signal.reason));
        });
      }
      return make();
    } finally {
      pending = false;
      one.pick = null;
    }
  };

  vi.stubGlobal(
    "PublicKeyCredential",
    Object.assign(() => {}, { isConditionalMediationAvailable: async () => true }),
  );
  vi.stubGlobal("navigator", {
    ...globalThis.navigator,
    cookieEnabled: true,
    credentials: {
      create: (options: CredentialCreationOptions) => {
        one.asked.push({ kind: "create", mediation: undefined });
        return dialog(options.signal, undefined, () => created(one, options.publicKey));
      },
      get: (options: CredentialRequestOptions) => {
        one.asked.push({ kind: "get", mediation: options.mediation });
        return dialog(options.signal, options.mediation, () => used(one, options.publicKey));
      },
    },
  });
  return one;
}

const UP = 1;
const UV = 4;
const ATTESTED = 64;

function created(one: Device, options?: PublicKeyCredentialCreationOptions) {
  if (!options) throw new TypeError("no options");
  const known = options.excludeCredentials?.some(({ id }) => kept(one, id));
  if (known) throw new DOMException("already there", "InvalidStateError");
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rpId = options.rp.id ?? new URL(one.origin).hostname;
  const id = randomBytes(32);
  one.keys.push({ id, key: privateKey, rpId, user: buffer(options.user.id), counter: 0 });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  // COSE_Key (RFC 9052 section 7, RFC 9053 section 7.1): kty EC2, alg ES256, crv P-256, x, y.
  const cose = Buffer.concat([
    Buffer.from("a5010203262001215820", "hex"),
    Buffer.from(x, "base64url"),
    Buffer.from("225820", "hex"),
    Buffer.from(y, "base64url"),
  ]);
  const length = Buffer.from([0, id.length]);
  const data = Buffer.concat([
    authenticatorData(rpId, UP | UV | ATTESTED, 0),
    Buffer.alloc(16),
    length,
    id,
    cose,
  ]);
  // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR (RFC 8949).
  const attestation = Buffer.concat([
    Buffer.from([0xa3]),
    text("fmt"),
    text("none"),
    text("attStmt"),
    Buffer.from([0xa0]),
    text("authData"),
    Buffer.from([0x59, data.length >> 8, data.length & 0xff]),
    data,
  ]);
  return credential(id, {
    clientDataJSON: clientData(one, "webauthn.create", options.challenge),
    attestationObject: exact(attestation),
    getTransports: () => ["internal"],
  });
}

function used(one: Device, options?: PublicKeyCredentialRequestOptions) {
  if (!options) throw new TypeError("no options");
  const allowed = options.allowCredentials ?? [];
  const found = allowed.length
    ? allowed.map(({ id }) => kept(one, id)).find(Boolean)
    : one.keys.find(({ rpId }) => rpId === options.rpId);
  if (!found) throw new DOMException("none of these", "NotAllowedError");
  found.counter += 1;
  const data = authenticatorData(found.rpId, UP | UV, found.counter);
  const client = clientData(one, "webauthn.get", options.challenge);
  const signed = Buffer.concat([data, createHash("sha256").update(Buffer.from(client)).digest()]);
  return credential(found.id, {
    clientDataJSON: client,
    authenticatorData: exact(data),
    signature: exact(createSign("sha256").update(signed).sign(found.key)),
    userHandle: exact(found.user),
  });
}

const kept = (one: Device, id: BufferSource): Kept | undefined =>
  one.keys.find((key) => key.id.equals(buffer(id)));

const authenticatorData = (rpId: string, flags: number, counter: number): Buffer => {
  const rest = Buffer.alloc(5);
  rest[0] = flags;
  rest.writeUInt32BE(counter, 1);
  return Buffer.concat([createHash("sha256").update(rpId).digest(), rest]);
};

const clientData = (one: Device, type: string, challenge: BufferSource): ArrayBuffer =>
  exact(
    Buffer.from(
      JSON.stringify({
        type,
        challenge: buffer(challenge).toString("base64url"),
        origin: one.origin,
        crossOrigin: false,
      }),
    ),
  );

const credential = (id: Buffer, response: object) => ({
  id: id.toString("base64url"),
  rawId: exact(id),
  type: "public-key",
  authenticatorAttachment: "platform",
  getClientExtensionResults: () => ({}),
  response,
});

const text = (word: string): Buffer => Buffer.concat([Buffer.from([0x60 + word.length]), Buffer.from(word)]);

const buffer = (source: BufferSource): Buffer =>
  ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    : Buffer.from(source);

/** As browsers hand bytes over: an `ArrayBuffer` that holds nothing else. */
const exact = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;
