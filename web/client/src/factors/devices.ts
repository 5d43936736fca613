import { call } from "../calling.js";
import { coreOf } from "../client.js";
import type { KeyturnClient } from "../types.js";

/** A browser that is not asked for the second factor. Times are ISO 8601 in UTC. */
export interface TrustedDevice {
  readonly id: string;
  /** Whether it is the one that asks: "this device". */
  readonly is_current: boolean;
  readonly created_at: string;
  readonly expires_at: string;
  readonly ip: string | null;
  readonly user_agent: string;
}

const PATH = "/me/trusted-devices/";

/** The account's trusted devices. */
export const trustedDevices = (client: KeyturnClient): Promise<readonly TrustedDevice[]> =>
  call(coreOf(client), "GET", PATH);

/** Ask for the second factor on this one again. */
export const forgetDevice = (client: KeyturnClient, { id }: Pick<TrustedDevice, "id">): Promise<void> =>
  call(coreOf(client), "DELETE", `${PATH}${encodeURIComponent(id)}/`);

/** Ask for it on all of them again. */
export const forgetDevices = (client: KeyturnClient): Promise<void> => call(coreOf(client), "DELETE", PATH);
