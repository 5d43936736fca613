/** What an empty picture shows instead: how to read it. */
import type { LabEvent } from "./events";
import { columnsOf } from "./story";

const session = "00000000-0000-7000-8000-000000000000";
const at = "2026-01-01T00:00:00Z";
const common = { at, session, who: "browser", bound: "none", carried: true } as const;

const EVENTS: readonly LabEvent[] = [
  { n: 1, kind: "login", at, session, who: "browser" },
  { ...common, n: 2, kind: "refresh", presented: 0, stands: 1, verdict: "rotated" },
  { ...common, n: 3, kind: "refresh", presented: 1, stands: 2, verdict: "rotated", reply: "lost" },
  { ...common, n: 4, kind: "refresh", presented: 1, stands: 2, verdict: "converged" },
  { n: 5, kind: "stolen", at, session, who: "browser", presented: 2 },
  {
    ...common,
    n: 6,
    who: "thief",
    kind: "refresh",
    presented: 2,
    stands: 2,
    verdict: "reused",
    bound: "dpop",
    carried: false,
  },
];

export const EXAMPLE = columnsOf(EVENTS);
