import { KeyturnError } from "@keyturn/client";

/**
 * The same error, said at an input: for the answers that say by their `reason` alone which input is meant.
 *
 * @param reason the reason that means this input; errors with another are given back as they are.
 * @param field the input's name.
 * @param sentence what to say there.
 */
export function atField(
  error: unknown,
  reason: string,
  field: string,
  sentence: string | undefined,
): unknown {
  if (!(error instanceof KeyturnError) || error.reason !== reason) return error;
  const fields = { [field]: [sentence ?? error.message] };
  const { message, status, code, retryAfter } = error;
  return new KeyturnError(message, { status, code, reason: error.reason, fields, retryAfter });
}
