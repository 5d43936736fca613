import type { Body, Reply } from "./asking.js";
import type { ErrorCode, Reason } from "./words.js";

interface Facts {
  /** The HTTP status; 0 where nobody answered. */
  readonly status: number;
  /** The server's word for programs, or `unreachable`. */
  readonly code: ErrorCode;
  /** Why exactly, where the server says so. */
  readonly reason: Reason | null;
  /** What is wrong with which field, in the server's sentences; "" is what belongs to no field. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Seconds after which it makes sense to try again, or null. */
  readonly retryAfter: number | null;
}

export interface KeyturnError extends Facts {}

/** What a call to Keyturn failed with. It holds no token and nothing that was sent. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor sets them all.
export class KeyturnError extends Error {
  constructor(message: string, facts: Pick<Facts, "status" | "code"> & Partial<Facts>) {
    super(message);
    Object.assign(this, { name: "KeyturnError", reason: null, fields: {}, retryAfter: null, ...facts });
  }
}

/** Nobody answered, or nobody who speaks for Keyturn. Nothing is known, and nothing was decided. */
export const unreachable = (status = 0): KeyturnError =>
  new KeyturnError("unreachable", { status, code: "unreachable" });

/** The error that an answer is. */
export function errorOf({ status, body, after }: Reply): KeyturnError {
  if (!body.code) return unreachable(status);
  const code = body.code as ErrorCode;
  const reason = (body.reason ?? null) as Reason | null;
  return new KeyturnError(String(body.detail), {
    status,
    code,
    reason,
    fields: status === 400 ? fieldsOf(body) : {},
    retryAfter: after || null,
  });
}

/** What is wrong with which field: a list of `errors` under /auth/, a list by name elsewhere. */
function fieldsOf(body: Body): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(body.errors ?? body)) {
    // An entry of `errors` says itself where it belongs; not every one does.
    const { param = "", message } = Object(value) as { param?: string; message?: string };
    const key = message ? param : name.replace("non_field_errors", "");
    if (message || Array.isArray(value))
      fields[key] = [...(fields[key] ?? []), ...(message ? [message] : value)];
  }
  return fields;
}
