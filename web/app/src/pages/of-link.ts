import { KeyturnError } from "@keyturn/client";

/**
 * What a mail's link was refused with. A key that was cut off is none to the server, which then speaks of a code that is
 * wrong, or that nobody waits for. The reader has seen no code: it is the link.
 */
export function ofLink(error: unknown): unknown {
  if (!(error instanceof KeyturnError)) return error;
  if (error.reason !== "incorrect_code" && error.code !== "conflict") return error;
  const { message, status, code, retryAfter } = error;
  return new KeyturnError(message, { status, code, reason: "link_invalid", retryAfter });
}
