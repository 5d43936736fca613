import { ask, type Reply } from "../asking.js";
import { now } from "../clock.js";
import type { Core } from "../core.js";
import { errorOf } from "../errors.js";
import { start } from "../starting.js";
import { accountsOf, begin, next } from "../stepping.js";
import type { Step } from "../types.js";

/** One request of a half-done sign-in, which nobody is signed in to yet. */
export function flowReply(core: Core, method: string, path: string, body?: unknown): Promise<Reply> {
  const headers = core.flow && !core.web ? { "X-Session-Token": core.flow } : {};
  return ask(core, method, accountsOf(core) + path, { body, headers });
}

/** The same, for what an answer holds. Throws `KeyturnError` where it is no success. */
export async function flowData<T>(core: Core, method: string, path: string, body?: unknown): Promise<T> {
  // What is found out at the start, that nobody is signed in, ends whatever was half done.
  await start(core);
  const reply = await flowReply(core, method, path, body);
  if (!reply.ok) throw errorOf(reply);
  keepFlow(core, reply);
  return Object(reply.body.data) as T;
}

/** Go on with a sign-in. What comes next is `step`; what else the answer holds is in `reply`. */
export function onward(
  core: Core,
  work: () => Promise<Reply>,
): Promise<{ readonly step: Step; readonly reply: Reply }> {
  return begin(core, async () => {
    const asked = now();
    const reply = await work();
    const { flows } = Object(reply.body.data) as { flows?: readonly { id: string; is_pending?: boolean }[] };
    // Only what is in this entry leads to that one.
    const signsUp = flows?.some(({ id, is_pending }) => is_pending && id === "provider_signup");
    if (signsUp) keepFlow(core, reply);
    return { step: signsUp ? { step: "provider-sign-up" } : await next(core, reply, asked), reply };
  });
}

/** Post to a flow, and see what comes next. */
export const posted = async (core: Core, path: string, body: unknown): Promise<Step> =>
  (await onward(core, () => flowReply(core, "POST", path, body))).step;

function keepFlow(core: Core, { body }: Reply): void {
  const { session_token } = Object(body.meta) as { session_token?: unknown };
  if (typeof session_token === "string") core.flow = session_token;
}
