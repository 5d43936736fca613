import { type ReactNode, useEffect, useState } from "react";
import { en, type Words } from "./en";
import type { Locale } from "./locale";
import { AllWordsContext, useLocale } from "./words";

const loaded = new Map<Locale, Words>([["en", en]]);

async function wordsOf(locale: Locale): Promise<Words> {
  const words = loaded.get(locale) ?? (await import("./de")).de;
  loaded.set(locale, words);
  return words;
}

interface AllWordsProviderProps {
  /** While a language is on its way. */
  readonly waiting: ReactNode;
  readonly children: ReactNode;
}

/** Gives the pages for somebody signed in their words; English where another language cannot be loaded. */
export function AllWordsProvider({ waiting, children }: AllWordsProviderProps): ReactNode {
  const { locale } = useLocale();
  const [words, setWords] = useState<Words | null>(loaded.get(locale) ?? null);

  useEffect(() => {
    let wanted = true;
    const show = (found: Words): void => {
      if (wanted) setWords(found);
    };
    wordsOf(locale).then(show, () => show(en));
    return () => {
      wanted = false;
    };
  }, [locale]);

  if (words === null) return waiting;
  return <AllWordsContext value={words}>{children}</AllWordsContext>;
}
