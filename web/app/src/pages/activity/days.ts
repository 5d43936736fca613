/** A list of events cut into days of the reader's. */
import type { Locale } from "../../i18n";
import { dayHeading, dayKey, moment, sameDay } from "../shared/moments";

export interface Timed {
  readonly at: string;
}

export interface Day<T> {
  readonly heading: string;
  /** The day as `YYYY-MM-DD`, for keys. */
  readonly key: string;
  readonly events: readonly T[];
}

/**
 * Keeps the order. An event whose time cannot be read stays with the one before it.
 *
 * @param now what "today" is.
 */
export function byDay<T extends Timed>(events: readonly T[], now: Date, locale: Locale): readonly Day<T>[] {
  const days: { heading: string; key: string; events: T[] }[] = [];
  let last: Date | null = null;
  for (const event of events) {
    const at: Date = moment(event.at) ?? last ?? now;
    const open = days.at(-1);
    if (open && last && sameDay(last, at)) open.events.push(event);
    else days.push({ heading: dayHeading(at, now, locale), key: dayKey(at), events: [event] });
    last = at;
  }
  return days;
}
