/**
 * The rest of an account, as functions over a client, so that a page which only signs in does not load it. All of them
 * throw `KeyturnError`; a session that begins or ends by them does so in every tab.
 */
import { share } from "./adopting.js";
import { alone, direct } from "./alone.js";
import { replyOf } from "./asking.js";
import { call } from "./calling.js";
import { coreOf } from "./client.js";
import { become, here } from "./core.js";
import { errorOf } from "./errors.js";
import { fetchWith } from "./fetching.js";
import { end } from "./renewing.js";
import { accountsOf, one, step } from "./stepping.js";
import type { KeyturnClient, Step, User } from "./types.js";

/** An address of the account; of two, the one that is not verified waits to take the other's place. */
export interface EmailAddress {
  readonly email: string;
  readonly verified: boolean;
  readonly primary: boolean;
}

/** Something that happened to the account, as `GET /me/activity/` tells it. */
export interface ActivityEvent {
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** A stable word, and one that says more, or "". */
  readonly event: string;
  readonly reason: string;
  /** The same in a sentence, in the language asked for. */
  readonly message: string;
  readonly session: string | null;
  readonly current: boolean;
  readonly by_administrator: boolean;
  readonly ip: string | null;
  readonly user_agent: string;
}

export interface ActivityPage {
  readonly results: readonly ActivityEvent[];
  readonly next_cursor: string | null;
}

export interface ActivityQuery {
  /** `next_cursor` of the page before. */
  readonly cursor?: string;
  /** Events a page: 1 to 100, 50 unless told. */
  readonly limit?: number;
  /** For the sentences, as "de" or "pt-BR". */
  readonly language?: string;
}

/** What happened to the account, the newest first. */
export function activity(client: KeyturnClient, query: ActivityQuery = {}): Promise<ActivityPage> {
  const { cursor, limit, language } = query;
  const asked = new URLSearchParams({
    ...(cursor && { cursor }),
    ...(limit && { limit: String(limit) }),
  }).toString();
  const path = `/me/activity/${asked && `?${asked}`}`;
  return call(coreOf(client), "GET", path, undefined, language ? { "Accept-Language": language } : {});
}

/** Change what is one's own to change. The user as it is now, in every tab. */
export async function updateProfile(
  client: KeyturnClient,
  fields: Readonly<Record<string, unknown>>,
): Promise<User> {
  const core = coreOf(client);
  const id = here(core)?.id;
  const user = await call<User>(core, "PATCH", "/me/", fields);
  const session = here(core);
  // Somebody else may have signed in meanwhile.
  if (session && session.id === id) {
    become(core, { ...session, user });
    if (core.access) share(core, core.access);
  }
  return user;
}

/** Everything that is kept about the user, as a JSON file. */
export async function exportAccount(client: KeyturnClient): Promise<Blob> {
  const core = coreOf(client);
  const response = await fetchWith(core, `${core.base}/me/export/`, { redirect: "error" });
  if (response.ok) return response.blob();
  throw errorOf(await replyOf(response));
}

/** Delete the account for good. Nobody is signed in afterwards. */
export async function deleteAccount(
  client: KeyturnClient,
  proof: { readonly password?: string },
): Promise<void> {
  const core = coreOf(client);
  await alone(core, "DELETE", "/me/", proof);
  end(core, "signed_out");
}

/** Change the password; all other sessions end. `current` is left out where the account has none. */
export async function changePassword(
  client: KeyturnClient,
  passwords: { readonly current?: string; readonly next: string },
): Promise<void> {
  const core = coreOf(client);
  const { current, next } = passwords;
  const body = { ...(current !== undefined && { current_password: current }), new_password: next };
  await alone(core, "POST", `${accountsOf(core)}/account/password/change`, body);
}

/** Prove once more who one is: some changes ask for it (`reauthentication_required`). It lasts five minutes. */
export async function reauthenticate(
  client: KeyturnClient,
  proof: { readonly password: string },
): Promise<void> {
  const core = coreOf(client);
  await alone(core, "POST", `${accountsOf(core)}/auth/reauthenticate`, proof, direct);
}

/** The account's address, and the one that waits to take its place. */
export async function emails(client: KeyturnClient): Promise<readonly EmailAddress[]> {
  return (await emailCall(client, "GET")).data;
}

/** Begin to change the address: a code goes to the new one, for `verifyEmail`. */
export async function changeEmail(client: KeyturnClient, address: { readonly email: string }): Promise<void> {
  await emailCall(client, "POST", address);
}

/** Send the mail to the address that waits once more. */
export async function resendEmail(client: KeyturnClient, address: { readonly email: string }): Promise<void> {
  await emailCall(client, "PUT", address);
}

/** Give up the address that waits. */
export async function cancelEmail(client: KeyturnClient, address: { readonly email: string }): Promise<void> {
  await emailCall(client, "DELETE", address);
}

/** Another code for the address that a sign-up or sign-in waits for. */
export async function resendEmailCode(client: KeyturnClient): Promise<void> {
  const reply = await step(coreOf(client), "/auth/email/verify/resend", undefined);
  if (!reply.ok) throw errorOf(reply);
}

/** Have a code for a new password sent. The answer is the same for an address that nobody has. */
export const requestPasswordReset = (
  client: KeyturnClient,
  address: { readonly email: string },
): Promise<Step> => one(coreOf(client), "/auth/password/request", address);

/** Set a new password, with the mail's code or its link's key. */
export const resetPassword = (
  client: KeyturnClient,
  proof: { readonly key: string; readonly password: string },
): Promise<Step> => one(coreOf(client), "/auth/password/reset", proof);

function emailCall(client: KeyturnClient, method: string, body?: unknown): Promise<{ data: EmailAddress[] }> {
  const core = coreOf(client);
  return call(core, method, `${accountsOf(core)}/account/email`, body);
}
