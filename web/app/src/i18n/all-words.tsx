import { type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { en, type Words } from "./en";
import type { BasicWords } from "./en/basic";
import type { Locale } from "./locale";
import { AllWordsContext, BasicWordsContext, useLocale } from "./words";

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

/**
 * Gives the pages for somebody signed in, and the steps on the way there, their words; English where another language
 * cannot be loaded. Below it, what goes wrong is told by `refusals` too.
 */
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

  const known = useContext(BasicWordsContext);
  const below = useMemo(
    () => (words === null ? known : { ...known, words: withRefusals(known.words, words) }),
    [known, words],
  );
  const all = useMemo(() => (words === null ? null : withRefusals(words, words)), [words]);
  if (all === null) return waiting;
  return (
    <BasicWordsContext value={below}>
      <AllWordsContext value={all}>{children}</AllWordsContext>
    </BasicWordsContext>
  );
}

/** The same words, which know what else may go wrong. */
function withRefusals<Some extends BasicWords>(words: Some, { refusals }: Words): Some {
  const { field, form } = words.problems;
  const problems = {
    ...words.problems,
    field: { ...field, ...refusals.field },
    form: { ...form, ...refusals.form },
  };
  return { ...words, problems };
}
