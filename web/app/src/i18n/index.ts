export { BasicWordsProvider, basicWordsOf } from "./basic-words";
export type { Words } from "./en";
export type { BasicWords } from "./en/basic";
export { useFormat } from "./format";
export { LOCALES, type Locale, startLocale } from "./locale";
export { useBasicWords, useLocale, useWords } from "./words";
