import { useMemo } from "react";
import type { Locale } from "./locale";
import { useLocale } from "./words";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Format {
  /** "22 November 2026", of an ISO 8601 time. */
  date(iso: string): string;
  /** "22 Nov 2026, 11:40". */
  time(iso: string): string;
  /** "5 minutes ago", "yesterday"; the date after a month. `now` in milliseconds since 1970. */
  ago(iso: string, now?: number): string;
  /** "3,000". */
  number(value: number): string;
}

/** How a language writes times and numbers. Times are shown in the reader's own time zone. */
export function formatOf(locale: Locale): Format {
  const tag = locale === "en" ? "en-GB" : locale;
  const dates = new Intl.DateTimeFormat(tag, { dateStyle: "long" });
  const times = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" });
  const numbers = new Intl.NumberFormat(tag);
  const spans = new Intl.RelativeTimeFormat(tag, { numeric: "auto" });
  const good = (iso: string, write: (at: Date) => string): string => {
    const at = new Date(iso);
    return Number.isNaN(at.getTime()) ? "" : write(at);
  };
  return {
    date: (iso) => good(iso, (at) => dates.format(at)),
    time: (iso) => good(iso, (at) => times.format(at)),
    ago: (iso, now = Date.now()) =>
      good(iso, (at) => {
        const seconds = Math.round((at.getTime() - now) / 1000);
        const size = Math.abs(seconds);
        if (size < MINUTE) return spans.format(0, "minute");
        if (size < HOUR) return spans.format(Math.trunc(seconds / MINUTE), "minute");
        if (size < DAY) return spans.format(Math.trunc(seconds / HOUR), "hour");
        if (size < 31 * DAY) return spans.format(Math.trunc(seconds / DAY), "day");
        return dates.format(at);
      }),
    number: (value) => numbers.format(value),
  };
}

export function useFormat(): Format {
  const { locale } = useLocale();
  return useMemo(() => formatOf(locale), [locale]);
}
