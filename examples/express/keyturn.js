// Verifies Keyturn's access tokens: keys by jose, the revocation feed by a poll, introspection when the feed is behind.

import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify } from "jose";

import { Nonces, provenKey } from "./dpop.js";

// The token is not good: answer 401. `reason` is one of Keyturn's words, `told` what a client needs to go on.
export class Refused extends Error {
  constructor(reason, told = {}) {
    super(reason);
    Object.assign(this, { reason, told });
  }
}

// Nothing can be decided now: answer 503.
export class Unavailable extends Error {}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());

export class Verifier {
  #options;
  #headers;
  #nonces;
  #metadata = null;
  #jwks = null;
  #revoked = new Map(); // sid -> when it may be forgotten, by performance.now()
  // Never forgotten: whoever has a stolen key makes new tokens for as long as anybody takes it.
  #revokedKeys = new Set();
  #renewAt = Infinity; // when to fetch the keys anew for the sake of a revoked one, by performance.now()
  #clockOffset = clockOffset();
  #cursor = null;
  #known = null; // since when, and for how long Keyturn tells of a revocation
  #trouble = "the revocation feed was not read yet";
  #running = false;

  // staleness and pollEvery are in milliseconds.
  constructor({ issuer, audience, clientId, clientSecret, staleness = 1000, pollEvery = 250 }) {
    const { protocol, hostname } = new URL(issuer);
    if (protocol !== "https:" && !["localhost", "127.0.0.1", "[::1]"].includes(hostname))
      throw new Error("the issuer must begin with https:// (http:// only for this machine itself)");
    this.#options = { issuer, audience, staleness, pollEvery };
    // RFC 6749 section 2.3.1: both parts are form-encoded first.
    const [id, secret] = [clientId, clientSecret].map((part) => new URLSearchParams([["", part]]).toString().slice(1));
    this.#nonces = new Nonces(clientSecret);
    this.#headers = { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` };
  }

  // Begins to follow the feed; waits for the first snapshot, but not for long.
  async start() {
    this.#running = true;
    this.#follow();
    for (let waited = 0; waited < 5000 && this.#known === null; waited += 20)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  stop() {
    this.#running = false;
  }

  status() {
    const lag = this.#known && this.#age(this.#known) / 1000;
    const revoked = this.#revoked.size + this.#revokedKeys.size;
    return { ready: this.#isFresh(this.#known), lag, revoked, trouble: this.#trouble };
  }

  // `shown` is how the token came: { byDpop, proof, method, url }; without it, as a bearer token.
  async verify(raw, shown = {}) {
    const { payload, protectedHeader } = await this.#signed(raw);
    await this.#checkBinding(raw, payload, shown);
    if (payload.token_type !== "access") throw new Refused("wrong_type");
    for (const name of ["sub", "sid", "jti", "iat"]) if (!payload[name]) throw new Refused("missing_claim");
    const known = this.#known;
    // Again, since fetching keys takes a while.
    if (this.#revokedKeys.has(protectedHeader.kid)) throw new Refused("unknown_key");
    if (this.#revoked.has(payload.sid)) throw new Refused("session_revoked");
    // A token that lives longer than Keyturn remembers revocations is asked about every time.
    if (!this.#isFresh(known) || payload.exp - payload.iat > known.keep - 60) await this.#introspect(raw);
    return payload;
  }

  async #signed(raw) {
    if (this.#jwks === null) throw new Unavailable(`no keys: ${this.#trouble}`);
    try {
      const header = decodeProtectedHeader(raw);
      if (["crit", "b64", "jwk", "jku", "x5u", "x5c"].some((name) => name in header)) throw new Refused("malformed");
      if (!/^(application\/)?at\+jwt$/i.test(header.typ)) throw new Refused("wrong_type");
      // Whatever the key set says: the one held, or a cache's, may be older than the revocation.
      if (typeof header.kid !== "string" || this.#revokedKeys.has(header.kid)) throw new Refused("unknown_key");
      const { issuer, audience } = this.#options;
      const algorithms = ["ES256", "RS256", "EdDSA"];
      const expected = { issuer, audience, algorithms, requiredClaims: ["exp"], clockTolerance: 5 };
      return await jwtVerify(raw, this.#jwks, expected);
    } catch (error) {
      throw error instanceof Refused ? error : refusal(error);
    }
  }

  // A token that is bound to a key (cnf.jkt) is taken with a proof by it, and no other token is taken so.
  async #checkBinding(token, { cnf }, { byDpop = false, proof, method, url }) {
    const isBound = Object.hasOwn(cnf ?? {}, "jkt");
    if (!isBound && !byDpop) return;
    if (!isBound || !byDpop || !proof) throw new Refused("binding_missing");
    const key = await provenKey(proof, { method, url, token, nonces: this.#nonces });
    if (key !== cnf.jkt) throw new Refused("binding_missing");
  }

  async #introspect(raw) {
    const why = `the revocation feed is behind: ${this.#trouble ?? "not read in time"}`;
    let answer;
    try {
      const body = new URLSearchParams({ token: raw, token_type_hint: "access_token" });
      answer = await this.#ask(this.#metadata.introspection_endpoint, { method: "POST", body }, 1000);
    } catch (error) {
      throw new Unavailable(`${why}; and introspection failed: ${told(error)}`);
    }
    if (answer.active === false) throw new Refused("session_revoked");
    if (answer.active !== true) throw new Unavailable(`${why}; and introspection did not say`);
  }

  async #follow() {
    for (let failures = 0; this.#running; ) {
      const began = performance.now();
      try {
        if (this.#metadata === null) await this.#discover();
        await this.#poll();
        [failures, this.#trouble] = [0, null];
      } catch (error) {
        [failures, this.#trouble] = [failures + 1, told(error)];
        if (failures === 1) console.warn(`the revocation feed cannot be read: ${this.#trouble}`);
      }
      const { pollEvery } = this.#options;
      const delay = failures ? Math.min(pollEvery * 2 ** failures, 2000) : pollEvery - (performance.now() - began);
      await pause(Math.max(delay, 10));
    }
  }

  async #discover() {
    const { issuer } = this.#options;
    const { origin, pathname } = new URL(issuer);
    const metadata = await this.#ask(`${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, "")}`);
    if (metadata.issuer !== issuer) throw new Error("the metadata is that of another issuer"); // RFC 8414 section 3.3
    // Keys that cannot be confirmed are used for an hour; they are asked for every five minutes.
    const settings = { cacheMaxAge: 3_600_000, cooldownDuration: 10_000, timeoutDuration: 2000 };
    this.#jwks = createRemoteJWKSet(new URL(metadata.jwks_uri), settings);
    setInterval(() => this.#jwks.reload().catch(() => {}), 300_000).unref();
    this.#metadata = metadata;
  }

  async #poll() {
    this.#noticeClock();
    // Both clocks: one stands still while the machine sleeps, the other can be set. Counted from the start of the poll.
    const since = { clock: performance.now(), wall: Date.now() };
    const feed = this.#metadata.keyturn_revocations_endpoint;
    let page;
    do {
      page = await this.#page(feed);
      const until = performance.now() + (page.keep_s + 5) * 1000;
      for (const { sid } of page.sessions) this.#revoked.set(sid, until);
      for (const { kid } of page.keys) {
        if (!this.#revokedKeys.has(kid)) this.#renewAt = 0;
        this.#revokedKeys.add(kid);
      }
      this.#cursor = page.cursor;
    } while (page.more);
    this.#known = { ...since, keep: page.keep_s };
    this.#renewKeys();
    // A Map keeps the order of insertion: the oldest come first.
    for (const [sid, until] of this.#revoked) {
      if (until > performance.now()) break;
      this.#revoked.delete(sid);
    }
  }

  // Somebody set the clock: what is remembered by the old time proves nothing by the new one. Begin with a snapshot.
  #noticeClock() {
    const offset = clockOffset();
    if (Math.abs(offset - this.#clockOffset) <= 5000) return;
    console.warn("the clock was set: reading the revocation feed from its beginning");
    [this.#clockOffset, this.#known, this.#cursor] = [offset, null, null];
    this.#jwks.reload().catch(() => {}); // jose goes by the clock too
  }

  // Fetches the keys anew once one was revoked, and again every two seconds until the answer has none that was.
  #renewKeys() {
    if (performance.now() < this.#renewAt) return;
    this.#renewAt = performance.now() + 2000;
    const look = () => {
      if (!this.#jwks.jwks().keys.some(({ kid }) => this.#revokedKeys.has(kid))) this.#renewAt = Infinity;
    };
    this.#jwks.reload().then(look, () => {});
  }

  async #page(feed) {
    try {
      return await this.#ask(this.#cursor === null ? feed : `${feed}?after=${encodeURIComponent(this.#cursor)}`);
    } catch (error) {
      // Keyturn does not know the place where we left off: begin anew at the next poll.
      if ([400, 410].includes(error.status)) this.#cursor = null;
      throw error;
    }
  }

  async #ask(url, options = {}, timeout = 2000) {
    const signal = AbortSignal.timeout(timeout);
    const response = await fetch(url, { headers: this.#headers, redirect: "error", signal, ...options });
    const { ok, status } = response;
    const body = await response.text();
    if (!ok) throw Object.assign(new Error(`answered with ${status}`), { status });
    return JSON.parse(body);
  }

  #age = (known) => Math.max(performance.now() - known.clock, Math.abs(Date.now() - known.wall));

  #isFresh = (known) => known !== null && this.#age(known) <= this.#options.staleness;
}

// Lets nobody go on whose token tells of a proof that is too old or too weak (RFC 9470). `maxAge` is in seconds; `acr` is
// "2fa" where two factors must have been shown.
export function requireAuthentication({ act, acr, auth_time: at }, wanted) {
  const isRecent = wanted.maxAge === undefined || (Number.isFinite(at) && Date.now() / 1000 - at <= wanted.maxAge);
  const isStrong = [undefined, acr, acr === "2fa" ? "1fa" : acr].includes(wanted.acr);
  // Without acr nobody has proved anything; with act an administrator acts as the user.
  if (typeof acr === "string" && act === undefined && isRecent && isStrong) return;
  throw new Refused("reauthentication_required", {
    ...(wanted.maxAge !== undefined && { max_age: wanted.maxAge }),
    ...(wanted.acr !== undefined && { acr_values: wanted.acr }),
  });
}

const clockOffset = () => Date.now() - performance.now();

const told = (error) => error.cause?.code ?? error.message;

const CLAIMS = { aud: "wrong_audience", iss: "wrong_issuer", nbf: "not_yet_valid", typ: "wrong_type" };

// jose's errors in Keyturn's words; whatever else went wrong decides nothing.
function refusal(error) {
  if (error instanceof errors.JWTExpired) return new Refused("expired");
  if (error instanceof errors.JWTClaimValidationFailed) return new Refused(CLAIMS[error.claim] ?? "invalid_claim");
  if (error instanceof errors.JWKSNoMatchingKey) return new Refused("unknown_key");
  if (error instanceof errors.JWKSMultipleMatchingKeys) return new Refused("unknown_key");
  if (error instanceof errors.JWSSignatureVerificationFailed) return new Refused("bad_signature");
  if (error instanceof errors.JOSEAlgNotAllowed) return new Refused("bad_signature");
  if (error instanceof errors.JOSENotSupported) return new Refused("bad_signature");
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return new Refused("malformed");
  // decodeProtectedHeader's own.
  if (error instanceof TypeError && /Token|Protected/.test(error.message)) return new Refused("malformed");
  return new Unavailable(`the keys cannot be had: ${told(error)}`);
}
