import { adopt, tokensOf } from "./adopting.js";
import { ask, type Reply } from "./asking.js";
import { now } from "./clock.js";
import { type Access, type Core, here } from "./core.js";
import { deliver } from "./delivering.js";
import { errorOf } from "./errors.js";
import { usable } from "./fetching.js";
import { locked } from "./lock.js";
import { keyed } from "./proving.js";
import { start } from "./starting.js";
import type { Credentials, SignUp, Step } from "./types.js";

/** Where the endpoints of accounts are: a page's half-done flows are in a cookie, another client's in its memory. */
export const accountsOf = (core: Core): string => `/auth/${core.web ? "browser" : "app"}/v1`;

/** Sign in. Without the endpoints of accounts (a project may lack them) at the tutorials' one. */
export function signIn(core: Core, { username, email, password }: Credentials): Promise<Step> {
  const body = { username, email, password };
  return one(core, "/auth/login", body, { ...body, username: email ?? username });
}

/** Make an account. */
export const signUp = (core: Core, account: SignUp): Promise<Step> => one(core, "/auth/signup", account);

/**
 * Show a code or a link's key, or whatever else a flow waits for.
 *
 * @param plain What the tutorials' endpoint gets, where there are none of accounts.
 */
export async function one(core: Core, path: string, body: unknown, plain?: unknown): Promise<Step> {
  // Who is signed in confirms an address of their own; nobody signs in twice.
  const access = path === "/auth/email/verify" && (await start(core)) ? await usable(core) : null;
  return begin(core, async () => {
    const asked = now();
    let reply = await step(core, path, body, access);
    if (plain && reply.status === 404) reply = await ask(core, "POST", "/token/", { body: plain });
    return next(core, reply, asked);
  });
}

/** One at a time over all tabs, with a key to bind the session to, and after whatever sign-out was left undone. */
export function begin<T>(core: Core, work: () => Promise<T>): Promise<T> {
  start(core);
  return locked(core, async () => {
    await keyed(core, true);
    await deliver(core);
    return work();
  });
}

/** One request of a flow. */
export function step(core: Core, path: string, body: unknown, access: Access | null = null): Promise<Reply> {
  const headers = core.flow && !core.web ? { "X-Session-Token": core.flow } : {};
  return ask(core, "POST", accountsOf(core) + path, { body, access, headers });
}

/** What an answer says comes next. */
export async function next(core: Core, reply: Reply, asked: number): Promise<Step> {
  const { ok, status, body } = reply;
  const flow = (Object(body.meta) as { session_token?: unknown }).session_token;
  if (typeof flow === "string") core.flow = flow;
  core.ticket = body.mfa_token;
  const tokens = tokensOf(reply);
  if (tokens.token && (await adopt(core, { ...tokens, begins: true }, asked))) {
    core.flow = null;
    return { step: "signed-in" };
  }
  if (ok) return { step: here(core) ? "signed-in" : "sign-in" };
  if (status === 410) core.flow = null;
  const { flows } = Object(body.data) as { flows?: readonly Flow[] };
  const { id, types = body.methods } = flows?.find((one) => one.is_pending) ?? ({} as Flow);
  const step = STEPS[body.code as string] ?? STEPS[id];
  if (!step) throw errorOf(reply);
  return { step, ...(types && { methods: types }) } as Step;
}

/** The steps that a flow can wait for, by the server's names: the code of the answer, or what the flow is called. */
const STEPS: Readonly<Record<string, Step["step"]>> = {
  verify_email: "verify-email",
  password_reset_by_code: "reset-password",
  login_by_code: "sign-in-code",
  mfa_required: "second-factor",
  factor_setup_required: "set-up-factor",
};

interface Flow {
  readonly id: string;
  readonly is_pending?: boolean;
  /** The second factors that will do. */
  readonly types?: readonly string[];
}
