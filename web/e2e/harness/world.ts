/** One server, and the network in front of it, with a time of their own. */

import { bundle } from "./bundle.ts";
import { type FaultProxy, openProxy } from "./proxy.ts";
import { type Server, startServer } from "./server.ts";
import { type ServerClock, serverClock } from "./server-clock.ts";
import { openTimeline, type Timeline } from "./timeline.ts";

export interface World {
  readonly server: Server;
  readonly proxy: FaultProxy;
  readonly time: Timeline;
  /** Where the browser goes. */
  readonly origin: string;
  readonly clock: ServerClock;
  close(): Promise<void>;
}

/** @param environment of the server, on top of a development server's. */
export async function openWorld(environment: Readonly<Record<string, string>> = {}): Promise<World> {
  const time = openTimeline();
  let port = 0;
  const proxy = await openProxy({
    upstream: () => port,
    after: (span) => time.after(span),
    now: () => time.now(),
  });
  const server = await startServer({ KEYTURN_PUBLIC_URL: proxy.origin, ...environment }).catch(
    async (error: unknown) => {
      await proxy.close();
      throw error;
    },
  );
  port = server.port;
  proxy.own.set("/e2e/tab.html", {
    type: "text/html; charset=utf-8",
    body: '<!doctype html><html lang="en"><title>A tab</title><script type="module" src="/e2e/tab.js"></script>',
  });
  for (const [name, body] of await bundle("tab")) {
    proxy.own.set(`/e2e/${name}`, { type: "text/javascript; charset=utf-8", body });
  }

  const clock = serverClock(() => port, time);
  proxy.before = () => clock.align();

  return {
    server,
    proxy,
    time,
    origin: proxy.origin,
    clock,
    async close() {
      await proxy.close();
      await server.stop();
    },
  };
}
