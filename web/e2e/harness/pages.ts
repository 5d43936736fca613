/** Pages of somebody else: another site (127.0.0.1), or another origin of the same site (localhost on another port). */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Pages {
  /** An origin that is another site than localhost. */
  readonly otherSite: string;
  /** Another origin of the same site: `SameSite=Strict` cookies are sent from it. */
  readonly sameSite: string;
  readonly shown: Map<string, string>;
  close(): Promise<void>;
}

export async function openPages(): Promise<Pages> {
  const shown = new Map<string, string>();
  const server = createServer((request, response) => {
    const body = shown.get((request.url ?? "/").split("?", 1)[0] ?? "/");
    response.writeHead(body === undefined ? 404 : 200, { "Content-Type": "text/html; charset=utf-8" });
    response.end(body ?? "");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    otherSite: `http://127.0.0.1:${port}`,
    sameSite: `http://localhost:${port}`,
    shown,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
