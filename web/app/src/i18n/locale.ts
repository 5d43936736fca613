import { recall } from "../memory";

/** The languages, each by its own name. */
export const LOCALES = { en: "English", de: "Deutsch" } as const;

export type Locale = keyof typeof LOCALES;

const isLocale = (tag: string): tag is Locale => Object.hasOwn(LOCALES, tag);

/**
 * The language to begin with: what the reader chose here, else the first of the browser's that we have, else English.
 *
 * @param wanted the browser's languages, as "de-AT", the dearest first.
 */
export function startLocale(wanted: readonly string[], chosen: string | null = recall("locale")): Locale {
  for (const tag of [chosen ?? "", ...wanted]) {
    const language = tag.toLowerCase().split("-")[0] ?? "";
    if (isLocale(language)) return language;
  }
  return "en";
}
