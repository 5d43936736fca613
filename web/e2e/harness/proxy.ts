/**
 * The network between the browser and the server, and all that goes wrong in it: replies that are lost, late or never
 * sent, a cable that is pulled. Plain HTTP/1.1, one connection a request: Chromium repeats a request by itself when a
 * used connection breaks, and would so hide losses from the client under test.
 */

import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of one request. */
export interface Fate {
  /** Milliseconds on its way to the server, and of the reply on its way back. */
  readonly there: number;
  readonly back: number;
  /** "reset": the connection breaks instead of the reply. "silence": no reply ever comes. */
  readonly loss: "none" | "reset" | "silence";
}

export type Network = "up" | "broken" | "swallowing";

/** One request, as it went. `status` is the server's; null when it never heard of the request. */
export interface Passage {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly cookies: readonly string[];
  status: number | null;
  /** The refresh token that the server's reply puts into the cookie. */
  successor: string | null;
  fate: "under way" | "answered" | "lost" | "cut";
}

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export interface FaultProxy {
  /** Where the browser goes: `http://localhost:<port>`. */
  readonly origin: string;
  readonly port: number;
  readonly passages: Passage[];
  /** What decides over each request to the API; null: all arrive at once. */
  fates: ((path: string) => Fate) | null;
  /** "broken": every connection is reset. "swallowing": nothing comes through, and nothing says so. */
  network: Network;
  /** Awaited before the server is asked. */
  before: () => Promise<void>;
  /** Changes what the server is asked: headers taken out; another path, where it returns one. */
  outgoing: ((path: string, headers: IncomingHttpHeaders) => string | undefined) | null;
  /** Changes what the server answered: an older server, a captive portal. */
  incoming: ((path: string, reply: Reply) => void) | null;
  /** Pages that the proxy answers by itself. */
  readonly own: Map<
    string,
    { readonly type: string; readonly body: string; readonly headers?: Record<string, string> }
  >;
  /** Break every connection that is open. */
  breakAll(): void;
  /** How many requests the server is working on. */
  working(): number;
  /** How many requests are on their way, to the server or back. */
  open(): number;
  close(): Promise<void>;
}

const CALM: Fate = { there: 0, back: 0, loss: "none" };
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding", "content-length"];

/**
 * @param upstream the port of the server on this machine.
 * @param after waits for so many milliseconds of the world's time.
 */
export async function openProxy(options: {
  readonly upstream: () => number;
  readonly after: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
  readonly host?: string;
}): Promise<FaultProxy> {
  const open = new Set<ServerResponse>();
  let working = 0;

  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    void pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const port = (server.address() as AddressInfo).port;

  const proxy: FaultProxy = {
    origin: `http://${options.host ?? "localhost"}:${port}`,
    port,
    passages: [],
    fates: null,
    network: "up",
    before: () => Promise.resolve(),
    outgoing: null,
    incoming: null,
    own: new Map(),
    breakAll() {
      for (const response of open) response.destroy();
      open.clear();
    },
    working: () => working,
    open: () => open.size,
    async close() {
      proxy.breakAll();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };

  const state = (): Network => proxy.network;

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    open.add(response);
    response.on("close", () => open.delete(response));
    const own = proxy.own.get(path);
    if (own) {
      response.writeHead(200, { "Content-Type": own.type, "Cache-Control": "no-store", ...own.headers });
      response.end(own.body);
      return;
    }
    const passage: Passage = {
      at: options.now(),
      method: request.method ?? "GET",
      path,
      cookies: (request.headers.cookie ?? "").split("; ").filter(Boolean),
      status: null,
      successor: null,
      fate: "under way",
    };
    proxy.passages.push(passage);
    response.on("close", () => {
      if (passage.fate === "under way") passage.fate = "cut";
    });
    if (proxy.network !== "up")
      return drop(passage, response, proxy.network === "broken" ? "reset" : "silence", "cut");
    const fate = proxy.fates?.(path) ?? CALM;
    const body = await read(request);
    await options.after(fate.there);
    if (response.destroyed) return;
    await proxy.before();
    working += 1;
    const reply = await forward(request, body, options.upstream(), proxy.outgoing).finally(() => {
      working -= 1;
    });
    passage.status = reply.status;
    passage.successor = successorIn(reply);
    await options.after(fate.back);
    if (response.destroyed) return;
    const network = state();
    if (network !== "up" || fate.loss !== "none") {
      const silent = network === "swallowing" || fate.loss === "silence";
      return drop(passage, response, silent ? "silence" : "reset", "lost");
    }
    proxy.incoming?.(path, reply);
    passage.fate = "answered";
    for (const name of HOP_BY_HOP) delete reply.headers[name];
    response.writeHead(reply.status, {
      ...reply.headers,
      "content-length": reply.body.length,
      connection: "close",
    });
    response.end(reply.body);
  }

  return proxy;
}

function successorIn(reply: Reply): string | null {
  const set = [reply.headers["set-cookie"] ?? []].flat();
  return set.map((cookie) => /keyturn_refresh_\w+=([\w.-]+)/.exec(cookie)?.[1]).find(Boolean) ?? null;
}

function drop(
  passage: Passage,
  response: ServerResponse,
  how: "reset" | "silence",
  fate: "lost" | "cut",
): void {
  passage.fate = fate;
  if (how === "reset") response.destroy();
}

function read(stream: IncomingMessage): Promise<Buffer> {
  return new Promise((done, failed) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => done(Buffer.concat(parts)));
    stream.on("error", failed);
    stream.on("aborted", () => failed(new Error("The browser went away.")));
  });
}

/** Ask the server. The browser's `Host` stays: the server must see the address that the browser sees. */
function forward(
  request: IncomingMessage,
  body: Buffer,
  port: number,
  change: FaultProxy["outgoing"],
): Promise<Reply> {
  const headers: IncomingHttpHeaders = { ...request.headers, connection: "close" };
  const path = change?.((request.url ?? "/").split("?", 1)[0] ?? "/", headers) ?? request.url;
  return new Promise((done, failed) => {
    const asked = send({ host: "127.0.0.1", port, method: request.method, path, headers }, (answer) => {
      read(answer).then(
        (text) => done({ status: answer.statusCode ?? 502, headers: { ...answer.headers }, body: text }),
        failed,
      );
    });
    asked.on("error", failed);
    asked.end(body);
  });
}
