import { adopt, tokensOf } from "./adopting.js";
import { asJson, NOTHING, replyOf, timed } from "./asking.js";
import { now } from "./clock.js";
import type { Core } from "./core.js";
import { errorOf } from "./errors.js";
import { authorized } from "./fetching.js";

/**
 * A call of Keyturn's API as whoever is signed in, JSON in and out. A session that begins by it is taken over.
 *
 * @param through What it goes through, where that is not what all requests do.
 * @throws KeyturnError
 */
export async function call<T>(
  core: Core,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
  through = core.through,
): Promise<T> {
  const asked = now();
  const reply = await through(() =>
    // Longer than one answer may take: a refresh may come first.
    timed(core.timeout * 3, async (signal) =>
      replyOf(
        await authorized(core, new Request(core.base + path, { ...asJson(method, body, headers), signal })),
      ),
    ).catch(() => NOTHING),
  );
  if (!reply.ok) throw errorOf(reply);
  const tokens = tokensOf(reply);
  if (tokens.token) await adopt(core, tokens, asked);
  return reply.body as T;
}
