import { adopt, tokensOf } from "./adopting.js";
import { ask, type Reply } from "./asking.js";
import { now } from "./clock.js";
import type { Core, Through } from "./core.js";
import { errorOf, KeyturnError } from "./errors.js";
import { aboutSomethingElse, usable } from "./fetching.js";
import { fresh } from "./keeping.js";
import { locked } from "./lock.js";
import { start } from "./starting.js";

/** For what a proof of who one is consists of: it must not wait for another one. */
export const direct: Through = (work) => work();

/**
 * A call as whoever is signed in while no tab refreshes: one that ends this session, puts another in its place, or brings
 * a token that a refresh on its way must not write over.
 *
 * @param through What it goes through, where that is not what all requests do.
 * @returns the answer, whatever it is.
 * @throws KeyturnError where nobody is signed in.
 */
export function replyTo(
  core: Core,
  method: string,
  path: string,
  body?: unknown,
  through = core.through,
): Promise<Reply> {
  return through(async () => {
    await start(core);
    for (let again = false; ; again = true) {
      const access = await usable(core);
      if (!access) throw new KeyturnError("Nobody is signed in.", { status: 401, code: "not_authenticated" });
      const reply = await locked(core, async () => {
        const asked = now();
        const answer = await ask(core, method, path, { body, access });
        const tokens = tokensOf(answer);
        if (tokens.token) await adopt(core, tokens, asked);
        return answer;
      });
      if (again || reply.status !== 401 || aboutSomethingElse(reply.body.reason)) return reply;
      await fresh(core, access, core.timeout);
    }
  });
}

/** The same, for an answer that says that it is done. Throws `KeyturnError` otherwise. */
export async function alone(
  core: Core,
  method: string,
  path: string,
  body?: unknown,
  through = core.through,
): Promise<Reply> {
  const reply = await replyTo(core, method, path, body, through);
  if (!reply.ok) throw errorOf(reply);
  return reply;
}
