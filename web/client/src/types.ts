/** What the package promises: every public type. Names are those of the server's API and of RFC 6749, 7519 and 9449. */

/** Who is signed in, as `GET /me/` tells it. */
export interface User {
  readonly id: number | string;
  readonly username: string;
  readonly email: string | null;
  readonly email_verified: boolean | null;
  readonly date_joined: string | null;
  readonly has_usable_password: boolean;
  readonly needs: readonly string[];
  /** Fields that the project lets its users change (`PROFILE_FIELDS`). */
  readonly [field: string]: unknown;
}

/** The server's last words about a session. After one of these, and nothing else, a user is signed out. */
export type FinalReason =
  | "session_revoked"
  | "session_expired"
  | "refresh_reused"
  | "password_changed"
  | "user_inactive"
  | "user_not_found"
  | "expired"
  /** No refresh token came: the browser has none (any more). */
  | "refresh_missing"
  /** The server does not know its own token: after several tries over half a minute. */
  | "not_recognised";

/** Why nobody is signed in: the server's word, or the user's own wish (here, or in another tab). */
export type SignOutReason = FinalReason | "signed_out";

/** What is known now. It never holds a token. */
export type Session =
  | { readonly status: "loading" }
  | {
      readonly status: "signed-in";
      /** null until `GET /me/` has been answered. */
      readonly user: User | null;
      /** The session's id (`sid`), as in `sessions.list()`. */
      readonly id: string;
      /** false while the server cannot be reached; the user stays signed in. */
      readonly online: boolean;
      /** What the session is bound to: nobody else can use it without that. */
      readonly binding: "dpop" | "cookie" | "none";
    }
  | { readonly status: "signed-out"; readonly reason: SignOutReason | null };

/** One of the user's sessions, as `GET /sessions/` tells it. Times are ISO 8601 in UTC. */
export interface SessionInfo {
  readonly id: string;
  /** Whether it is the one that asks: "this device". */
  readonly current: boolean;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
  readonly ip: string | null;
  readonly user_agent: string;
  readonly label: string;
}

/** A name or an address, and the password. */
export type Credentials = { readonly password: string } & (
  | { readonly username: string; readonly email?: never }
  | { readonly email: string; readonly username?: never }
);

export interface SignUp {
  readonly email: string;
  readonly username?: string;
  readonly password: string;
}

/** What comes after a step of a flow. */
export type Step =
  | { readonly step: "signed-in" }
  /** A code was sent to the user's address: `verifyEmail({ key })` goes on. */
  | { readonly step: "verify-email" }
  /** A code was sent for a new password: `resetPassword({ key, password })` goes on. */
  | { readonly step: "reset-password" }
  /** It is done, and nobody is signed in by it: sign in now. */
  | { readonly step: "sign-in" }
  /** A second factor is asked for: `secondFactor` of `@keyturn/client/factors` goes on. */
  | { readonly step: "second-factor"; readonly methods: readonly string[] }
  /** This account must have a second factor, and has none: `setUpApp` and `confirmApp` go on. */
  | { readonly step: "set-up-factor" }
  /** A code was mailed to sign in with: `signInWithMailCode` goes on. */
  | { readonly step: "sign-in-code" }
  /** A provider has said who it is; a name or an address is wanted yet: `providerSignUp` goes on. */
  | { readonly step: "provider-sign-up" };

/** Where a client without cookies keeps its refresh token: the Keychain, the Keystore, a file. Never localStorage. */
export interface TokenStorage {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Signs DPoP proofs (RFC 9449) where WebCrypto and IndexedDB are not at hand: on React Native a native module. */
export interface ProofSigner {
  /** The public key (RFC 7517), of the curve P-256. */
  readonly jwk: Promise<JsonWebKey> | JsonWebKey;
  /** ES256 over these bytes: 64 bytes, r and s (RFC 7518 section 3.4). */
  sign(data: Uint8Array): Promise<Uint8Array>;
  /** SHA-256 of these bytes; needed only where `crypto.subtle` is missing. */
  sha256?(data: Uint8Array): Promise<Uint8Array>;
}

/**
 * Asks for passkeys where there is no browser to do so: on React Native a native module. Options and answers are the JSON
 * of WebAuthn Level 3 section 5.1.8.
 *
 * What it rejects with is told by its `name`: `NotAllowedError` or `AbortError` where the user or the signal gave it up,
 * `InvalidStateError` where this device has one already.
 */
export interface PasskeyDevice {
  /** Makes one: the answer to the server's creation options. */
  create(options: unknown, how: PasskeyAsking): Promise<unknown>;
  /** Uses one: the answer to the server's request options. */
  get(options: unknown, how: PasskeyAsking): Promise<unknown>;
}

export interface PasskeyAsking {
  readonly signal: AbortSignal;
  readonly autofill: boolean;
}

export interface ClientOptions {
  /** Where Keyturn is, as "https://auth.example.com"; with its prefix, if it has one. "" is this page's own origin. */
  readonly baseUrl: string;
  /** "web": refresh token in an HttpOnly cookie (the default in browsers). "bearer": in `storage` or in memory. */
  readonly mode?: "web" | "bearer";
  readonly storage?: TokenStorage;
  /** "auto" (the default): bind the session to a key that cannot leave the browser, where it can make one. */
  readonly dpop?: "auto" | "off" | ProofSigner;
  /** Asks for passkeys, where the browser does not. */
  readonly passkeys?: PasskeyDevice;
  /** Other origins that `fetch` sends the access token to, as "https://api.example.com". */
  readonly apiOrigins?: readonly string[];
  /** Milliseconds after which an unanswered call counts as lost; 10,000 unless told. */
  readonly timeout?: number;
  /** For tests and special transports. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface KeyturnClient {
  readonly options: ClientOptions;
  /** Settles as soon as it is known whether somebody is signed in; also offline, when that must be guessed. */
  ready(): Promise<Session>;
  /** The same object until something changes (as React's `useSyncExternalStore` wants it). */
  getSession(): Session;
  /** Hear of every change, in this tab or another. Returns what ends it. */
  onChange(listener: (session: Session) => void): () => void;
  /** As the global `fetch`: adds the access token, refreshes once it has expired and sends the request again. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** A call of Keyturn's own API: JSON in and out. Throws `KeyturnError`. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  signIn(credentials: Credentials): Promise<Step>;
  signUp(account: SignUp): Promise<Step>;
  /** The code of the mail, or the key of its link. */
  verifyEmail(proof: { readonly key: string }): Promise<Step>;
  /** At once here and in every tab; the server hears of it as soon as it can be reached. */
  signOut(options?: { readonly everywhere?: boolean }): Promise<void>;
  readonly sessions: {
    list(): Promise<readonly SessionInfo[]>;
    end(id: string): Promise<void>;
    endOthers(): Promise<void>;
  };
  /** The user again, from the server. */
  reloadUser(): Promise<User | null>;
  /** Let go of timers, channels and listeners. */
  close(): void;
}
