/** What the development server tells of what happened (`/dev/lab/events/`). No token is ever in it. */

/** How the rule judged a refresh token that was presented. */
export type Verdict = "rotated" | "converged" | "forgiven" | "reused" | "refused";

interface Common {
  /** Its place in the order; what the page itself adds lies between two numbers of the server. */
  readonly n: number;
  /** By the server's clock, ISO 8601. */
  readonly at: string;
  /** As the client called itself in `X-Keyturn-Lab`; empty: a client that is none of the lab's. */
  readonly who: string;
}

export type LabEvent = Common &
  (
    | {
        readonly kind: "refresh";
        readonly session: string;
        /** The generation that was shown. */
        readonly presented: number;
        /** The generation that the session stands at now. */
        readonly stands?: number;
        readonly verdict: Verdict;
        readonly bound?: "dpop" | "cookie" | "none";
        /** Whether what the session is bound to came along. */
        readonly carried?: boolean;
        /** Absent: it arrived. */
        readonly reply?: "lost" | "late";
        readonly reason?: string;
      }
    | { readonly kind: "login" | "ended"; readonly session: string | null; readonly reason?: string }
    | {
        readonly kind: "refused";
        readonly session: string | null;
        readonly path: string;
        readonly reason: string;
      }
    | { readonly kind: "stolen"; readonly session: string; readonly presented: number }
    | { readonly kind: "keys"; readonly reason?: string }
    | { readonly kind: "fault"; readonly fault: string }
    /** Seconds that the clock jumped; below zero: back. */
    | { readonly kind: "clock"; readonly seconds: number }
    /** Added by the page: its network is cut, or is there again. */
    | { readonly kind: "offline" | "online" }
  );

export type LabEventOf<Kind extends LabEvent["kind"]> = Extract<LabEvent, { readonly kind: Kind }>;
