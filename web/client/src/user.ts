import { share } from "./adopting.js";
import { call } from "./calling.js";
import { become, type Core, here } from "./core.js";
import type { User } from "./types.js";

/** The user, from the server. Where it cannot be reached the user known before stays. */
export async function loadUser(core: Core): Promise<User | null> {
  const id = here(core)?.id;
  try {
    const user = await call<User>(core, "GET", "/me/");
    const session = here(core);
    if (session?.id === id && session) {
      become(core, { ...session, user, online: true });
      if (core.access) share(core, core.access);
    }
  } catch {
    // It is asked again with the next token.
  }
  return here(core)?.user ?? null;
}
