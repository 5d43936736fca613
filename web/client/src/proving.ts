import type { Core } from "./core.js";

export type Send = (proof?: string) => Promise<Response>;

/** Makes the proofs of RFC 9449. */
export interface Prover {
  /**
   * Send a request with a proof; and once more where the server wants its own nonce in it (section 8).
   *
   * @param send Sends it, with this value of the header `DPoP`.
   * @param token The access token that goes with it (`ath`).
   */
  proven(send: Send, request: Request, token?: string): Promise<Response>;
}

/**
 * Whether there is a key: null where the place that keeps it, or the module, does not answer now.
 *
 * @param make Make one if there is none.
 */
export async function keyed(core: Core, make = false): Promise<boolean | null> {
  const { dpop = "auto" } = core.options;
  try {
    // Where storage is blocked the very name may throw.
    const able = typeof indexedDB !== "undefined" && globalThis.crypto?.subtle;
    // A session that was bound before somebody chose "off" still needs its key.
    if ((dpop === "off" && !core.memo.read().bound) || (!able && typeof dpop !== "object")) return false;
    const { prover } = await import("./dpop.js");
    const found = core.prover ?? (await prover(core, make));
    core.prover ??= found;
    return Boolean(core.prover);
  } catch {
    return null;
  }
}
