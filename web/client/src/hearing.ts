import { adopt, share } from "./adopting.js";
import type { Message } from "./channel.js";
import { now } from "./clock.js";
import { become, type Core, forget, here } from "./core.js";
import { isYoung } from "./renewing.js";

/** What other tabs say. */
export function hear(core: Core, message: Message): void {
  if (core.closed) return;
  switch (message.kind) {
    case "ask":
      if (isYoung(core.access)) share(core, core.access);
      break;
    case "token":
      take(core, message);
      break;
    case "lost":
      core.until = Math.max(core.until, now() + message.wait);
      core.retry = message.retry;
      break;
    case "out":
      if (here(core)?.id === message.sid) {
        // What tabs share, the other tab sees to.
        if (!core.options.storage) core.store?.remove(core.name);
        forget(core, message.reason);
      }
  }
}

/** Take another tab's token, unless this one's is younger. A message to a sleeping tab comes late: that counts as age. */
function take(core: Core, { token, age, sent, user, refresh }: Extract<Message, { kind: "token" }>): void {
  const asked = now() - age - Math.max(0, Date.now() - sent);
  const session = here(core);
  if (core.access?.token === token) {
    if (user && session) become(core, { ...session, user });
  } else if (!core.access || core.access.asked < asked) {
    adopt(core, { token, refresh, user, heard: true }, asked);
  }
}
