// What a token is bound to (DPoP, RFC 9449): whoever shows it must send a proof by that key, for this very request.

import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";

// The proof does not serve: answer 401. `code` is RFC 9449's word; `nonce` helps a client whose clock is wrong.
export class BadProof extends Error {
  constructor(code, message, nonce) {
    super(message);
    this.code = code;
    this.nonce = nonce;
  }
}

const sha256 = (text) => createHash("sha256").update(text).digest("base64url");

// Nonces that nobody stores: a moment, and a MAC over it. All processes of the service make and know the same.
export class Nonces {
  #key;

  constructor(secret) {
    this.#key = Buffer.from(hkdfSync("sha256", secret, "", "dpop nonce", 32));
  }

  fresh(moment = Math.floor(Date.now() / 1000)) {
    return `${moment}.${createHmac("sha256", this.#key).update(String(moment)).digest("base64url")}`;
  }

  isFresh(nonce) {
    const moment = Number(/^(\d{1,12})\./.exec(nonce)?.[1]);
    if (Number.isNaN(moment)) return false;
    const [given, right] = [nonce, this.fresh(moment)].map((text) => createHash("sha256").update(text).digest());
    return timingSafeEqual(given, right) && Math.abs(Date.now() / 1000 - moment) <= 300;
  }
}

// Says whose key signed the proof, where it is one for this request and token (section 4.3).
export async function provenKey(proof, { method, url, token, nonces }) {
  const bad = (what) => new BadProof("invalid_dpop_proof", `The DPoP proof does not serve: ${what}.`);
  if (proof.length > 8192) throw bad("it is too long");
  let verified;
  try {
    // Its times are looked at below: a nonce speaks for a proof whatever its clock says.
    verified = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: ["ES256"],
      typ: "dpop+jwt",
      requiredClaims: ["jti", "htm", "htu", "iat"],
      currentDate: new Date(0),
    });
  } catch {
    throw bad("it is not signed by the key in its header, or not made as it should be");
  }
  const { jti, htm, htu, iat, ath, nonce } = verified.payload;
  if (typeof jti !== "string" || jti.length === 0 || jti.length > 100) throw bad("its jti is no short text");
  if (htm !== method) throw bad("its htm is another method");
  if (typeof htu !== "string" || place(htu) === null || place(htu) !== place(url)) throw bad("its htu is another URL");
  if (!(typeof nonce === "string" && nonces.isFresh(nonce))) {
    const age = Date.now() / 1000 - iat;
    const wanted = "The DPoP proof does not serve: make it again with this nonce.";
    if (nonce !== undefined || !(age >= -5 && age <= 60)) throw new BadProof("use_dpop_nonce", wanted, nonces.fresh());
  }
  if (ath !== sha256(token)) throw bad("its ath is not of this access token");
  return calculateJwkThumbprint(verified.protectedHeader.jwk, "sha256");
}

// Query and fragment play no part.
function place(text) {
  if (!URL.canParse(text)) return null;
  const { origin, pathname, username, password } = new URL(text);
  return username || password ? null : origin + pathname;
}
