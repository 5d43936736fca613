import type { ProofSigner } from "./types.js";

/**
 * The key pair that this origin keeps in IndexedDB for one server. The private half cannot be exported, by nobody: who
 * steals a token, or reads all that a page can read, still has no key.
 *
 * Two tabs that make a key at once end with the same one: the database takes the first.
 *
 * @param make Make one if there is none.
 * @returns null where there is none.
 * @throws where the database does not open: there may be a key in it.
 */
export async function storedKey(name: string, make: boolean): Promise<ProofSigner | null> {
  const { subtle } = crypto;
  const made = make
    ? await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"])
    : null;
  const pair = await keep(name, made);
  return (
    pair && {
      jwk: await subtle.exportKey("jwk", pair.publicKey),
      sign: async (data) =>
        new Uint8Array(
          await subtle.sign(
            { name: "ECDSA", hash: "SHA-256" },
            pair.privateKey,
            data as Uint8Array<ArrayBuffer>,
          ),
        ),
    }
  );
}

/** The key that is there; else this one, from now on. */
function keep(name: string, made: CryptoKeyPair | null): Promise<CryptoKeyPair | null> {
  return new Promise((resolve, reject) => {
    // A browser may leave this unanswered for ever.
    setTimeout(reject, 3000);
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
    opening.onerror = reject;
    opening.onsuccess = () => {
      const base = opening.result;
      // One transaction, so that all tabs agree.
      const transaction = base.transaction("keys", "readwrite");
      const keys = transaction.objectStore("keys");
      const found = keys.get("dpop") as IDBRequest<CryptoKeyPair | undefined>;
      found.onsuccess = () => {
        if (!found.result && made) keys.put(made, "dpop");
      };
      transaction.onabort = reject;
      transaction.oncomplete = () => {
        base.close();
        resolve(found.result ?? made);
      };
    };
  });
}
