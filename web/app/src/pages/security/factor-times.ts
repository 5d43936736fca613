import { useFormat, useWords } from "../../i18n";

/** The same moment as the rest of the app has it. Factors have theirs in seconds since 1970. */
export const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString();

interface Times {
  readonly created_at: number;
  readonly last_used_at: number | null;
}

/** "Added 22 November 2026", "Last used yesterday". */
export function useFactorTimes(): (factor: Times) => readonly string[] {
  const { factors: words } = useWords();
  const format = useFormat();
  return ({ created_at, last_used_at }) => [
    words.added(format.date(isoOf(created_at))),
    last_used_at === null ? words.neverUsed : words.used(format.ago(isoOf(last_used_at))),
  ];
}
