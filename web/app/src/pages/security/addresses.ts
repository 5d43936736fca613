/** What is true of the account's address, put together from two answers of the server. */
import type { User } from "@keyturn/client";
import type { EmailAddress } from "@keyturn/client/account";

export interface Addresses {
  /** The account's address; empty where it has none. */
  readonly current: string;
  readonly confirmed: boolean;
  /** Another one that takes its place once its code has been entered, or null. */
  readonly pending: string | null;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * @param user as `GET /me/` tells it.
 * @param list as `GET …/account/email` tells it; an address that nobody ever confirmed may be missing there.
 */
export function addressesOf(user: User, list: readonly EmailAddress[]): Addresses {
  const primary = list.find((one) => one.primary);
  const current = user.email || primary?.email || "";
  const waiting = list.find((one) => !one.verified && !same(one.email, current));
  return {
    current,
    confirmed: user.email_verified === true || list.some((one) => one.verified && same(one.email, current)),
    pending: waiting?.email ?? null,
  };
}
