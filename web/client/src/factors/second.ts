import { ask, type Reply } from "../asking.js";
import { coreOf } from "../client.js";
import type { Core } from "../core.js";
import { errorOf } from "../errors.js";
import type { KeyturnClient, Step } from "../types.js";
import { type Asking, ceremony } from "./ceremony.js";
import { flowData, flowReply, onward } from "./onward.js";

interface Trust {
  /** Do not ask for the second factor in this browser for a while. The server says for how long, and whether. */
  readonly trustDevice?: boolean | undefined;
}

/** Show the second factor: a code of the app, or one of the recovery codes. */
export const secondFactor = (
  client: KeyturnClient,
  { code, trustDevice }: Trust & { readonly code: string },
): Promise<Step> => shown(coreOf(client), "/auth/2fa/authenticate", { code }, trustDevice);

/** Show the second factor: a passkey. */
export async function secondFactorWithPasskey(
  client: KeyturnClient,
  { trustDevice, signal }: Trust & Pick<Asking, "signal"> = {},
): Promise<Step> {
  const core = coreOf(client);
  const path = "/auth/webauthn/authenticate";
  const { request_options } = core.ticket
    ? await ticketed<Options>(core, "/token/mfa/options/")
    : await flowData<Options>(core, "GET", path);
  const credential = await ceremony("get", request_options, { signal }, core.options.passkeys);
  return shown(core, path, { credential }, trustDevice);
}

export interface Options {
  readonly request_options: unknown;
}

/** A call about the sign-in at the tutorials' endpoint that waits for a second factor. */
export async function ticketed<T>(core: Core, path: string): Promise<T> {
  const reply = await ask(core, "POST", path, { body: { mfa_token: core.ticket } });
  if (!reply.ok) throw errorOf(reply);
  return reply.body as T;
}

/** End that sign-in. What was wrong may be tried again, as long as the server says nothing else. */
export const finished =
  (core: Core, body: object): (() => Promise<Reply>) =>
  async () => {
    const reply = await ask(core, "POST", "/token/mfa/", { body: { mfa_token: core.ticket, ...body } });
    if (!reply.ok && reply.status !== 401) throw errorOf(reply);
    return reply;
  };

async function shown(core: Core, path: string, proof: object, trusts?: boolean): Promise<Step> {
  const body = { ...proof, ...(trusts && { trust_device: true }) };
  const work = core.ticket ? finished(core, body) : () => flowReply(core, "POST", path, body);
  return (await onward(core, work)).step;
}
