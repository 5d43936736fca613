/** A key as a native module would hold it. */
import { createHash, createSign, generateKeyPairSync } from "node:crypto";
import type { ProofSigner } from "../src/types.js";

/** One with a key of its own. */
export function signer(): ProofSigner & { readonly signed: number } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  let signed = 0;
  return {
    get signed() {
      return signed;
    },
    jwk: publicKey.export({ format: "jwk" }) as JsonWebKey,
    async sign(data) {
      signed += 1;
      return createSign("SHA256").update(data).sign({ key: privateKey, dsaEncoding: "ieee-p1363" });
    },
    sha256: async (data) => createHash("sha256").update(data).digest(),
  };
}
