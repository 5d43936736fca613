import { alone } from "../alone.js";
import { call } from "../calling.js";
import { coreOf } from "../client.js";
import { here } from "../core.js";
import { start } from "../starting.js";
import { accountsOf } from "../stepping.js";
import type { KeyturnClient, Step } from "../types.js";
import { flowData, posted } from "./onward.js";

/** Somebody else whom the server believes who a user is. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  /** How one can sign in with it: `provider_redirect`, `provider_token`. */
  readonly flows: readonly string[];
}

/** An account at a provider that opens this one too. */
export interface LinkedAccount {
  readonly uid: string;
  /** What the provider calls it, for people. */
  readonly display: string;
  readonly provider: Pick<Provider, "id" | "name">;
}

/** An ID token of the provider's; or a code, with what came along with it. */
export type ProviderToken =
  | { readonly id_token: string }
  | { readonly code: string; readonly state: string; readonly iss?: string };

/** Sign in, or link the provider's account to the one that is signed in. */
type Process = "login" | "connect";

/** The providers of this server. */
export async function providers(client: KeyturnClient): Promise<readonly Provider[]> {
  const core = coreOf(client);
  const { socialaccount } = await flowData<{
    socialaccount?: { readonly providers?: readonly Provider[] };
  }>(core, "GET", "/config");
  return socialaccount?.providers ?? [];
}

/**
 * Begin with a provider, in a page.
 *
 * @param how `callback_url` is the page that the browser comes back to, where `finishProvider` goes on; with `?error=…`
 *   where it went wrong.
 * @returns the provider's address, to go to: `location.assign(address)`.
 */
export async function startProvider(
  client: KeyturnClient,
  how: { readonly provider: string; readonly callback_url: string; readonly process?: Process | undefined },
): Promise<string> {
  return (await begun<{ location: string }>(client, "/auth/provider/redirect", how)).location;
}

/** Go on where the provider has sent the browser back to: sign in, or link, whichever it was begun for. */
export const finishProvider = (client: KeyturnClient): Promise<Step> =>
  finish(client, "/auth/provider/finish", {});

/** Give what the provider did not: a name, an address. */
export const providerSignUp = (
  client: KeyturnClient,
  account: { readonly username?: string; readonly email?: string },
): Promise<Step> => posted(coreOf(client), "/auth/provider/signup", account);

/**
 * Begin with a provider in an app.
 *
 * @param how `redirect_uri`, one that the server's settings name, where the app has no library of the provider's.
 * @returns the nonce that the library has to put into the ID token; and with `redirect_uri` the address to open.
 */
export async function beginProviderToken(
  client: KeyturnClient,
  how: {
    readonly provider: string;
    readonly redirect_uri?: string | undefined;
    readonly process?: Process | undefined;
  },
): Promise<{ readonly nonce: string; readonly location?: string }> {
  return begun(client, "/auth/provider/begin", how);
}

/** Show what the provider gave: the library's ID token, or what came with the app's `redirect_uri`. */
export const finishProviderToken = (
  client: KeyturnClient,
  proof: { readonly provider: string; readonly token: ProviderToken },
): Promise<Step> => finish(client, "/auth/provider/token", proof);

/** The accounts that are linked to this one. */
export async function linkedAccounts(client: KeyturnClient): Promise<readonly LinkedAccount[]> {
  const core = coreOf(client);
  return (await call<{ data: readonly LinkedAccount[] }>(core, "GET", accountsOf(core) + LINKED)).data;
}

/** Unlink one. The last way in stays: `last_way_in`. */
export async function unlinkAccount(
  client: KeyturnClient,
  linked: { readonly provider: string; readonly account: string },
): Promise<void> {
  const core = coreOf(client);
  await call(core, "DELETE", accountsOf(core) + LINKED, linked);
}

const LINKED = "/account/providers";

/** As whoever is signed in only to link: somebody else may be about to sign in. */
async function begun<T>(
  client: KeyturnClient,
  path: string,
  how: { readonly process?: Process | undefined },
): Promise<T> {
  const core = coreOf(client);
  const body = { process: "login", ...how };
  return how.process === "connect"
    ? (await call<{ data: T }>(core, "POST", accountsOf(core) + path, body)).data
    : flowData<T>(core, "POST", path, body);
}

/** As whoever is signed in: to link. Else to sign in. */
async function finish(client: KeyturnClient, path: string, body: object): Promise<Step> {
  const core = coreOf(client);
  await start(core);
  if (!here(core)) return posted(core, path, body);
  await alone(core, "POST", accountsOf(core) + path, body);
  return { step: "signed-in" };
}
