/** What stands on the app's screens, in its languages: its own dictionaries. */

import { de } from "../../app/src/i18n/de";
import { en, type Words } from "../../app/src/i18n/en";

export type { Words };

export const WORDS = { en, de } as const;

export type Language = keyof typeof WORDS;

/** What a browser says that its reader wants. */
export const LOCALES: Readonly<Record<Language, string>> = { en: "en-GB", de: "de-DE" };
