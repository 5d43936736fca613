import { KeyturnError } from "@keyturn/client";

/**
 * What a code of an app, or a recovery code, was refused with: said at its input, and as of such a code. The server's word
 * in a flow is the one for every kind of code, of mails too.
 *
 * @param field the input's name.
 */
export function ofCode(error: unknown, field: string): unknown {
  if (!(error instanceof KeyturnError)) return error;
  if (error.reason !== "wrong_code" && error.reason !== "incorrect_code") return error;
  const { message, status, code, retryAfter } = error;
  return new KeyturnError(message, {
    status,
    code,
    reason: "wrong_code",
    fields: { [field]: [message] },
    retryAfter,
  });
}
