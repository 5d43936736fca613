/**
 * Keyturn in a page, a phone or a program: sign users in, keep them signed in, and hand out a `fetch` that carries who
 * they are. It never signs out an honest user: only the server's explicit word does, or the user's own wish.
 */
export { createClient } from "./client.js";
export { KeyturnError } from "./errors.js";
export type * from "./types.js";
export type { ErrorCode, FieldReason, Reason, RefusalReason } from "./words.js";
