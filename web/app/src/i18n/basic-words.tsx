import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { remember } from "../memory";
import { type BasicWords, basic } from "./en/basic";
import type { Locale } from "./locale";
import { BasicWordsContext } from "./words";

/** The first page's words in a language. English is always there; the others come when they are wanted. */
export async function basicWordsOf(locale: Locale): Promise<BasicWords> {
  return locale === "en" ? basic : (await import("./de/basic")).basic;
}

interface BasicWordsProviderProps {
  readonly first: { readonly locale: Locale; readonly words: BasicWords };
  readonly children: ReactNode;
}

/** Knows the reader's language, and changes it. */
export function BasicWordsProvider({ first, children }: BasicWordsProviderProps): ReactNode {
  const [{ locale, words }, setKnown] = useState(first);

  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);

  const choose = useCallback((wanted: Locale): void => {
    remember("locale", wanted);
    basicWordsOf(wanted).then(
      (found) => setKnown({ locale: wanted, words: found }),
      () => {}, // They could not be loaded: the old language goes on.
    );
  }, []);

  const known = useMemo(() => ({ locale, words, choose }), [locale, words, choose]);
  return <BasicWordsContext value={known}>{children}</BasicWordsContext>;
}
