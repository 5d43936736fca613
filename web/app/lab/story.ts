/** From the server's events to what the picture shows: one column for each thing that happened. Pure. */
import type { LabEvent, LabEventOf } from "./events";

type RefreshEvent = LabEventOf<"refresh">;

/** Who stands on a line of the picture. */
export type Lane = "browser" | "thief";

export type Column = { readonly key: number; readonly at: string } & (
  | {
      readonly kind: "refresh";
      readonly lane: Lane;
      readonly events: readonly [RefreshEvent, ...RefreshEvent[]];
    }
  | { readonly kind: "refused"; readonly lane: Lane; readonly reason: string; readonly path: string }
  | { readonly kind: "login" }
  | { readonly kind: "ended"; readonly reason: string; readonly caught: boolean }
  | { readonly kind: "stolen"; readonly presented: number }
  | { readonly kind: "keys" }
  | { readonly kind: "unavailable" }
  | { readonly kind: "clock"; readonly seconds: number }
  | { readonly kind: "offline" | "online" }
);

/** Requests that show the same token within this time belong together, milliseconds. */
const BURST = 2_500;
/** Columns back that it may have begun. */
const INTERLEAVED = 3;
const MOST_COLUMNS = 60;
/** Long after a rotation of the signing keys the key of an old token is gone too. */
const RAN_OUT: ReadonlySet<string> = new Set(["expired", "unknown_key"]);

const laneOf = (who: string): Lane => (who === "thief" ? "thief" : "browser");

function joins(column: Column | undefined, event: RefreshEvent): boolean {
  if (column?.kind !== "refresh") return false;
  const [first] = column.events;
  return (
    column.lane === laneOf(event.who) &&
    first.session === event.session &&
    first.presented === event.presented &&
    column.events.every((one) => one.reply === undefined) &&
    first.who !== event.who &&
    Math.abs(Date.parse(event.at) - Date.parse(first.at)) <= BURST
  );
}

/** The column that a request belongs to; requests of the next token may have come in between. -1: to none. */
function burstOf(columns: readonly Column[], event: RefreshEvent): number {
  for (let back = 1; back <= INTERLEAVED && columns.at(-back)?.kind === "refresh"; back++) {
    if (joins(columns.at(-back), event)) return columns.length - back;
  }
  return -1;
}

function columnOf(event: LabEvent): Column | null {
  const { n: key, at } = event;
  switch (event.kind) {
    case "refresh":
      return { key, at, kind: "refresh", lane: laneOf(event.who), events: [event] };
    case "refused":
      return { key, at, kind: "refused", lane: laneOf(event.who), reason: event.reason, path: event.path };
    case "ended":
      return {
        key,
        at,
        kind: "ended",
        reason: event.reason ?? "",
        caught: event.reason === "refresh_reused",
      };
    case "stolen":
      return { key, at, kind: "stolen", presented: event.presented };
    case "clock":
      return { key, at, kind: "clock", seconds: event.seconds };
    case "fault":
      return event.fault === "unavailable" ? { key, at, kind: "unavailable" } : null;
    case "login":
    case "keys":
    case "offline":
    case "online":
      return { key, at, kind: event.kind };
  }
}

/** What every refresh begins with, and nothing that a picture must show: an access token that ran out. */
const isRoutine = (event: LabEvent): boolean =>
  event.kind === "refused" && event.path !== "/token/refresh/" && RAN_OUT.has(event.reason);

/** Clock jumps that follow one another are one. */
function isSameClock(column: Column | undefined, event: LabEvent): column is Column & { kind: "clock" } {
  return column?.kind === "clock" && event.kind === "clock";
}

/** The API's 401 and that of the refresh which follows it say the same. */
function isSameRefusal(column: Column | undefined, event: LabEvent): boolean {
  if (event.kind === "refresh" && event.verdict === "refused")
    return column?.kind === "refused" && column.reason === event.reason && column.lane === laneOf(event.who);
  return (
    column?.kind === "refused" &&
    event.kind === "refused" &&
    column.reason === event.reason &&
    column.lane === laneOf(event.who)
  );
}

/**
 * Draw together what belongs together.
 *
 * @param events in their order.
 * @returns the columns, the last ones if there are too many.
 */
export function columnsOf(events: readonly LabEvent[]): readonly Column[] {
  const columns: Column[] = [];
  for (const event of events) {
    if (isRoutine(event)) continue;
    const last = columns.at(-1);
    const burst = event.kind === "refresh" ? burstOf(columns, event) : -1;
    const begun = columns[burst];
    if (event.kind === "refresh" && begun?.kind === "refresh") {
      columns[burst] = { ...begun, events: [...begun.events, event] };
    } else if (isSameClock(last, event) && event.kind === "clock") {
      columns[columns.length - 1] = { ...last, seconds: last.seconds + event.seconds };
    } else if (!isSameRefusal(last, event)) {
      const column = columnOf(event);
      if (column) columns.push(column);
    }
  }
  return columns.slice(-MOST_COLUMNS);
}

/** What came of everything so far. */
export interface Score {
  /** Times that an honest client showed a token that was used already, and went on. Ten tabs at once count once. */
  readonly spared: number;
  /** Sessions of honest clients that ended although nobody had stolen anything. */
  readonly lost: number;
  readonly caught: number;
}

const has = (column: Column, ...verdicts: readonly string[]): boolean =>
  column.kind === "refresh" && column.events.some((event) => verdicts.includes(event.verdict));

/** Count. "Honest" is everybody but the lab's thief. */
export function scoreOf(columns: readonly Column[]): Score {
  const score = { spared: 0, lost: 0, caught: 0 };
  let stolen = false;
  for (const column of columns) {
    if (column.kind === "stolen") stolen = true;
    if (column.kind === "login") stolen = false;
    if (column.kind !== "refresh") continue;
    if (column.lane === "browser" && has(column, "converged", "forgiven")) score.spared += 1;
    if (has(column, "reused")) score[stolen ? "caught" : "lost"] += 1;
  }
  return score;
}

/** Whether a session is alive after it. */
export const isTurning = (column: Column): boolean =>
  column.kind === "login" || has(column, "rotated", "converged", "forgiven");

/** Whether a session is over with it. */
export const isOver = (column: Column): boolean => column.kind === "ended" || has(column, "reused");

/** The generation of the last token that somebody holds after these columns; null: none, as far as is known. */
export function heldBy(lane: Lane, columns: readonly Column[]): number | null {
  let held: number | null = null;
  for (const column of columns) {
    if (column.kind === "login" && lane === "browser") held = 0;
    if (column.kind === "ended") held = null;
    if (column.kind === "stolen" && lane === "thief") held = column.presented;
    if (column.kind === "refused" && column.lane === lane && column.path === "/token/refresh/") held = null;
    if (column.kind === "refresh" && column.lane === lane) {
      const [first] = column.events;
      const arrived = column.events.find((event) => event.reply !== "lost");
      if (arrived?.verdict === "reused" || arrived?.verdict === "refused") held = null;
      else held = arrived?.stands ?? held ?? first.presented;
    }
  }
  return held;
}
