/** The development server's own endpoints: its clock, its faults, its thief. */
import type { LabEvent } from "./events";

export interface Clock {
  readonly now: string;
  /** Seconds that it runs ahead of the real time. */
  readonly ahead: number;
}

export interface Fault {
  readonly kind: "drop" | "delay" | "unavailable";
  readonly times: number;
  readonly seconds: number;
}

export interface News {
  readonly events: readonly LabEvent[];
  readonly clock: Clock;
  readonly faults: readonly Fault[];
}

/** Seconds, and how many clean generations must pass before a late token is let in again. */
export interface Rules {
  readonly access: number;
  readonly refresh: number;
  readonly grace: number;
  readonly forgive_after: Readonly<Record<"unbound" | "cookie" | "dpop", number>>;
}

export interface SigningKey {
  readonly kid: string;
  readonly state: string;
}

/** What the server said no to, in its own words. */
export class LabError extends Error {}

/** Not the lab's switch: the lab itself must reach its server also while its browser is "offline". */
async function ask<T>(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<T> {
  const answer = await fetch(path, {
    method,
    ...(method === "POST" && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body ?? {}),
    }),
  });
  if (!answer.ok) {
    const told: unknown = await answer.json().catch(() => null);
    const detail = typeof told === "object" && told !== null && "detail" in told ? String(told.detail) : "";
    throw new LabError(detail || `The server answered ${answer.status}.`);
  }
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export const server = {
  news: (after: number) => ask<News>("GET", `/dev/lab/events/?after=${after}`),
  forget: () => ask<void>("DELETE", "/dev/lab/events/"),
  rules: () => ask<Rules>("GET", "/dev/lab/rules/"),
  /** Seconds; the whole server sees them pass at once. */
  advance: (seconds: number) => ask<Clock>("POST", "/dev/clock/", { advance: seconds }),
  realTime: () => ask<Clock>("DELETE", "/dev/clock/"),
  order: (kind: Fault["kind"], times = 1, seconds = 0) =>
    ask<{ faults: readonly Fault[] }>("POST", "/dev/lab/faults/", { kind, times, seconds }),
  withdraw: () => ask<{ faults: readonly Fault[] }>("DELETE", "/dev/lab/faults/"),
  rotateKeys: () => ask<{ keys: readonly SigningKey[] }>("POST", "/dev/lab/keys/"),
  /** The refresh token of this browser's cookie, or the one given, is copied to "another computer". */
  steal: (refresh?: string) =>
    ask<{ generation: number }>("POST", "/dev/lab/steal/", refresh === undefined ? {} : { refresh }),
  /** The copy is used there. */
  replay: () => ask<{ accepted: boolean; reason: string | null }>("POST", "/dev/lab/use/"),
};
