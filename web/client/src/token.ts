/** What the client reads in an access token (RFC 9068). It never decides by them what the user may do. */
export interface Claims {
  /** The session's id; "" in a token without one. */
  readonly sid: string;
  /** Whose it is, as text. */
  readonly sub: string;
  /** Milliseconds from issue to expiry. */
  readonly life: number;
  /** Whether it is bound to a DPoP key (RFC 9449 section 6.1). */
  readonly bound: boolean;
}

const WITHOUT_DATES = 300_000;

/** Read a token's claims without verifying it; null for what is no JWT. */
export function claimsOf(token: unknown): Claims | null {
  try {
    const [, payload = ""] = String(token).split(".");
    const said = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))) as Record<string, unknown>;
    const { sid, sub, user_id, exp, iat, cnf } = said;
    const life = ((exp as number) - (iat as number)) * 1000;
    return {
      sid: String(sid ?? ""),
      sub: String(sub ?? user_id ?? ""),
      life: life > 0 ? life : WITHOUT_DATES,
      bound: Boolean((cnf as { jkt?: unknown } | undefined)?.jkt),
    };
  } catch {
    return null;
  }
}
