import { said, unless } from "./asking.js";
import { now } from "./clock.js";
import { absolute, originOf } from "./config.js";
import { type Access, type Core, here } from "./core.js";
import { fresh } from "./keeping.js";
import { start } from "./starting.js";
import { transmit } from "./transmitting.js";

const OTHERWISE = /^(reauth|mfa|email|password_r|bad_c|inc)/;
const TRIES = 4;

/** Whether a 401 is not about the token: refreshing it would not help. */
export const aboutSomethingElse = (reason: unknown): boolean => OTHERWISE.test(String(reason));

/** `fetch`, with the access token, and once more where the user has to prove who they are first and does. */
export function fetchWith(core: Core, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(
    (input as Request).url ? (input as Request) : absolute(String(input), core.base),
    init,
  );
  return core.through(() => authorized(core, request), request.signal);
}

/** Send a request with the access token, and with another one where that has expired. */
export async function authorized(core: Core, request: Request): Promise<Response> {
  const { stubborn } = core;
  const origin = originOf(request.url);
  if (!core.origins.includes(origin) || request.headers.has("Authorization")) return core.send(request);
  await start(core);
  core.used = true;
  let access = await unless(request.signal, usable(core));
  for (let tries = 1; ; tries++) {
    const response = await transmit(core, request, access, Boolean(access?.bound));
    if (response.status !== 401 || !access) {
      stubborn.delete(origin);
      return response;
    }
    if (tries >= TRIES || aboutSomethingElse((await said(response.clone())).reason)) return response;
    // A token that ran out on the way explains itself; else another is worth one try, but not for who never takes one.
    if (lives(access)) {
      if (tries > 1) stubborn.add(origin);
      if (stubborn.has(origin)) return response;
    }
    const next = await unless(request.signal, fresh(core, access, core.timeout));
    // Signed out meanwhile, or it is somebody else's tab now: the request was not theirs.
    if (next?.sub !== access.sub) return response;
    access = next;
  }
}

/** The token at hand, refreshed first where it has expired; null where nobody is signed in. */
export async function usable(core: Core): Promise<Access | null> {
  const { access } = core;
  if (!here(core)) return null;
  if (access && lives(access)) return access;
  const next = await fresh(core, access, core.timeout);
  // Somebody else's by now: what was wanted was not theirs to want.
  return access && next?.sub !== access.sub ? null : next;
}

const lives = (access: Access): boolean => now() < access.asked + access.life;
