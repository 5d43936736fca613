import { PasskeyError } from "@keyturn/client/factors";
import { problemOf, type Told } from "../../forms";
import type { Words } from "../../i18n";

/** What to say of a passkey that did not work: of the browser's refusals, too, which no server knows of. */
export function problemOfPasskey(error: unknown, words: Words): Told {
  if (!(error instanceof PasskeyError)) return problemOf(error, words);
  return { form: words.steps.passkeys[error.reason], fields: {} };
}
