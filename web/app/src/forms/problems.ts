import { KeyturnError } from "@keyturn/client";
import type { BasicWords } from "../i18n";

/** What to show: a sentence for the form as a whole, and one for each field that is wrong. */
export interface Told {
  readonly form: string | null;
  readonly fields: Readonly<Record<string, string>>;
}

type Sentences = Readonly<Record<string, string>>;

/**
 * Say in words what a call failed with.
 *
 * The server's words for programs are translated here; a word that nobody here knows (a validator of the project's own)
 * is shown as the sentence that the server sent, and never left out.
 *
 * @param error whatever was thrown. What is no `KeyturnError` is a mistake of ours, told in general words.
 */
export function problemOf(error: unknown, words: BasicWords): Told {
  if (!(error instanceof KeyturnError)) return { form: words.problems.other, fields: {} };
  const { tooMany, tooManyLater, other } = words.problems;
  const field: Sentences = words.problems.field;
  const form: Sentences = words.problems.form;
  // `reason` is the code of the first entry (docs/reference/errors.md); the others have the server's sentences only.
  let first: string | null = error.reason;
  const fields: Record<string, string> = {};
  for (const [name, sentences] of Object.entries(error.fields)) {
    fields[name] = sentences
      .map((sentence) => {
        const said = field[first ?? ""] ?? sentence;
        first = null;
        return said;
      })
      .join(" ");
  }
  const { "": whole, ...named } = fields;
  if (error.code === "too_many_attempts" || error.code === "throttled")
    return { form: error.retryAfter === null ? tooManyLater : tooMany(error.retryAfter), fields: {} };
  // A success that is not ours is a hotel's sign-in page.
  if (error.status < 400) return { form: words.problems.form.network, fields: {} };
  const known = form[error.reason ?? ""] ?? form[error.code];
  const said = Object.keys(named).length > 0 ? (whole ?? null) : (known ?? whole ?? null);
  if (said !== null || Object.keys(named).length > 0) return { form: said, fields: named };
  return { form: error.status >= 500 ? words.problems.form.unavailable : error.message || other, fields: {} };
}
