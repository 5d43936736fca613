import { createContext, useContext } from "react";
import type { Words } from "./en";
import { type BasicWords, basic } from "./en/basic";
import type { Locale } from "./locale";

export interface Known {
  readonly locale: Locale;
  readonly words: BasicWords;
  /** Another language, from now on; it stays this one until its words are there. */
  readonly choose: (locale: Locale) => void;
}

export const BasicWordsContext = createContext<Known>({ locale: "en", words: basic, choose: () => {} });
export const AllWordsContext = createContext<Words | null>(null);

/** The words that are there from the first page on: those of the frame, of forms and of signing in. */
export function useBasicWords(): BasicWords {
  return useContext(BasicWordsContext).words;
}

/**
 * All words, by room: `const { security: words } = useWords()`. Within the pages for somebody signed in.
 *
 * @throws Error anywhere else: there, `useBasicWords` has what there is.
 */
export function useWords(): Words {
  const words = useContext(AllWordsContext);
  if (words === null) throw new Error("These words come with the pages for somebody signed in.");
  return words;
}

export function useLocale(): Pick<Known, "locale" | "choose"> {
  return useContext(BasicWordsContext);
}
