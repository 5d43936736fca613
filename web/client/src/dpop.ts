/**
 * Proofs of possession (RFC 9449): what binds a session to a key. A module of its own, loaded where a key can be had.
 */
import { base64url, bytesOf } from "./bytes.js";
import { type Config, originOf } from "./config.js";
import { storedKey } from "./key.js";
import type { Prover } from "./proving.js";
import type { ProofSigner } from "./types.js";

/**
 * Makes proofs with the signer of the options, else with this origin's own key.
 *
 * @param make Make a key if there is none.
 * @returns null where there is no key.
 * @throws where the place that keeps the key does not answer.
 */
export async function prover(config: Config, make: boolean): Promise<Prover | null> {
  const { dpop } = config.options;
  const signer = typeof dpop === "object" ? dpop : await storedKey(config.name, make);
  if (!signer) return null;
  const nonces = new Map<string, string>();
  return {
    async proven(send, { url, method }, token) {
      for (let again = false; ; again = true) {
        const { kty, crv, x, y } = await signer.jwk;
        const nonce = nonces.get(originOf(url));
        const said = {
          jti: unique(),
          htm: method,
          htu: url.replace(/[?#].*/, ""),
          iat: Math.floor(Date.now() / 1000),
          ...(token && { ath: base64url(await sha256(signer, bytesOf(token))) }),
          ...(nonce && { nonce }),
        };
        const text = `${part({ typ: "dpop+jwt", alg: "ES256", jwk: { kty, crv, x, y } })}.${part(said)}`;
        const response = await send(`${text}.${base64url(await signer.sign(bytesOf(text)))}`);
        const wanted = response.headers.get("DPoP-Nonce");
        if (wanted) nonces.set(originOf(url), wanted);
        if (again || response.ok || !/use_dpop_nonce/.test(await response.clone().text())) return response;
      }
    },
  };
}

const part = (value: unknown): string => base64url(bytesOf(JSON.stringify(value)));

async function sha256(signer: ProofSigner, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return signer.sha256 ? signer.sha256(bytes) : new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Unlike any other; it need not be secret, and React Native has no `crypto`. */
const unique = (): string => globalThis.crypto?.randomUUID?.() ?? `${Math.random()}.${Math.random()}`;
