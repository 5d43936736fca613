/** Days and times of day, in the reader's language and time zone. `useFormat` has the rest. */
import type { Locale } from "../../i18n";

const DAY = 86_400_000;

const tagOf = (locale: Locale): string => (locale === "en" ? "en-GB" : locale);

/** A time of the server's (ISO 8601), or null where it is none. */
export function moment(text: string | null | undefined): Date | null {
  if (!text) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** "09:41". */
export function clockTime(date: Date, locale: Locale): string {
  return new Intl.DateTimeFormat(tagOf(locale), { timeStyle: "short" }).format(date);
}

/** The heading of a day: "Today", "Yesterday", "Sunday 3 May", with the year where it is another one. */
export function dayHeading(date: Date, now: Date, locale: Locale): string {
  const days = Math.round((startOfDay(now).getTime() - startOfDay(date).getTime()) / DAY);
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat(tagOf(locale), { numeric: "auto" }).format(-days, "day");
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  const sameYear = date.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(tagOf(locale), {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(date);
}

/** Whether two times lie on one day of the reader's. */
export function sameDay(a: Date, b: Date): boolean {
  return startOfDay(a).getTime() === startOfDay(b).getTime();
}

/** The day as `YYYY-MM-DD`, for keys and names of files. */
export function dayKey(date: Date): string {
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

function startOfDay(date: Date): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
