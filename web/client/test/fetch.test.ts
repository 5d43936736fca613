import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { browser, demo, events, pass, served, signedIn, storage, when } from "./browser.js";

let kept: Map<string, string>;

beforeEach(() => {
  kept = storage();
  events();
});

describe("another origin", () => {
  let server: Server;
  let origin: string;
  let heard: (string | undefined)[];
  let status: number;

  beforeEach(async () => {
    heard = [];
    status = 200;
    server = createServer((request, response) => {
      heard.push(request.headers.authorization);
      response.writeHead(status, { "Content-Type": "application/json" }).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test("gets no token unless it is named", async () => {
    const client = browser().tab();
    await client.signIn(demo);
    await client.fetch(`${origin}/`);
    expect(heard).toEqual([undefined]);
  });

  test("gets the token where it is named, and neither cookies nor other headers of ours", async () => {
    const here = browser();
    const client = here.tab({ apiOrigins: [origin] });
    await client.signIn(demo);
    await client.fetch(`${origin}/`);
    expect(heard).toEqual([expect.stringMatching(/^Bearer /)]);
    const request = here.requests.at(-1);
    expect(request?.credentials).not.toBe("include");
    expect(request?.headers.get("X-Keyturn-Client")).toBeNull();
  });

  test.each([
    "http://127.0.0.1.example.com/",
    "http://127.0.0.1:1/",
    "https://example.com/?http://127.0.0.1/",
  ])("that only looks like ours gets none: %s", async (url) => {
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    here.rule = async () => new Response("{}");
    await client.fetch(url);
    expect(here.requests.at(-1)?.headers.get("Authorization")).toBeNull();
  });

  test("that refuses every token is not a reason to refresh for ever", async () => {
    const here = browser();
    const client = here.tab({ apiOrigins: [origin] });
    await client.signIn(demo);
    status = 401;
    here.sent.length = 0;
    for (let times = 0; times < 5; times++) expect((await client.fetch(`${origin}/`)).status).toBe(401);
    expect(here.sent.filter((sent) => sent === "POST /token/refresh/")).toHaveLength(1);
    expect(signedIn(client.getSession())).toBe(true);
  });

  test("that is redirected to hears no token of ours", async () => {
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    here.rule = async (request, send) =>
      request.url.endsWith("/token/refresh/") && request.redirect !== "error"
        ? fetch(`${origin}/`, { headers: request.headers })
        : send();
    await pass(400);
    expect((await client.fetch("/home/")).status).toBe(200);
    expect(heard).toEqual([]);
  });
});

test("a header of the caller's own is left alone", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await client.fetch("/home/", { headers: { Authorization: "Basic abc" } });
  expect(here.requests.at(-1)?.headers.get("Authorization")).toBe("Basic abc");
});

test("a Request, a URL and a text are all taken", async () => {
  const client = browser().tab();
  await client.signIn(demo);
  for (const input of ["/home/", new URL(`${served.base}/home/`), new Request(`${served.base}/home/`)]) {
    expect((await client.fetch(input)).status).toBe(200);
  }
});

test("a request that its caller gives up is given up", async () => {
  const client = browser().tab();
  await client.signIn(demo);
  const end = new AbortController();
  end.abort();
  await expect(client.fetch("/home/", { signal: end.signal })).rejects.toMatchObject({ name: "AbortError" });
});

test("without anybody signed in a request goes out as it is", async () => {
  const here = browser();
  expect((await here.tab().fetch("/home/")).status).toBe(401);
  expect(here.sent).toEqual(["POST /token/refresh/", "GET /home/"]);
});

test("a body that was streamed is sent again whole", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  let first = true;
  const bodies: string[] = [];
  here.rule = async (request, send) => {
    if (!request.url.endsWith("/me/") || request.method !== "PATCH") return send();
    bodies.push(await request.clone().text());
    if (!first) return send();
    first = false;
    return new Response(JSON.stringify({ code: "token_not_valid", reason: "expired" }), { status: 401 });
  };
  const body = new Blob([JSON.stringify({ first_name: "x".repeat(100) })]).stream();
  const init = { method: "PATCH", headers: { "Content-Type": "application/json" }, body, duplex: "half" };
  expect((await client.fetch("/me/", init as RequestInit)).status).toBe(200);
  expect(new Set(bodies).size).toBe(1);
  expect(bodies).toHaveLength(2);
});

test("no token is in storage, in an address, or in the console", async () => {
  const said: unknown[] = [];
  for (const name of ["log", "warn", "error", "info", "debug"] as const) {
    vi.spyOn(console, name).mockImplementation((...words) => void said.push(words));
  }
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await pass(400);
  await client.fetch("/home/");
  await client.sessions.list();
  await client.signOut();
  const secrets = here.requests.flatMap(
    (request) => /eyJ[\w.-]+/.exec(request.headers.get("Authorization") ?? "") ?? [],
  );
  expect(secrets.length).toBeGreaterThan(1);
  const seen = JSON.stringify([said, [...kept], here.requests.map((request) => request.url), client]);
  expect(seen).not.toMatch(/eyJ/);
  for (const [name, value] of here.cookies) if (value) expect(seen, name).not.toContain(value);
});

test("in web mode no refresh token is in any answer's body", async () => {
  const here = browser();
  const bodies: string[] = [];
  here.rule = async (_request, send) => {
    const response = await send();
    bodies.push(await response.clone().text());
    return response;
  };
  const client = here.tab();
  await client.signIn(demo);
  await pass(400);
  await client.fetch("/home/");
  expect(bodies.join()).not.toMatch(/"refresh(_token)?"/);
  expect([...here.cookies.keys()].filter((name) => name.includes("refresh"))).toHaveLength(1);
});

test("a server from before the cookies: the session lives in memory, and that is said once", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
  const here = browser();
  here.rule = async (request) => {
    const headers = new Headers(request.headers);
    headers.delete("X-Keyturn-Client");
    const url = request.url.replace("/auth/browser/", "/auth/app/");
    return fetch(url, { method: request.method, headers, body: (await request.text()) || null });
  };
  const client = here.tab();
  expect(await client.ready()).toEqual({ status: "signed-out", reason: null });
  await client.signIn(demo);
  expect(client.getSession()).toMatchObject({ status: "signed-in", binding: "none" });
  await pass(400);
  expect((await client.fetch("/home/")).status).toBe(200);
  await client.signOut();
  expect(warned).toHaveBeenCalledTimes(1);
});

test("storage that is disabled is no obstacle", async () => {
  const refuse = () => {
    throw new DOMException("denied", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
  const client = browser().tab();
  await client.signIn(demo);
  await pass(400);
  expect((await client.fetch("/home/")).status).toBe(200);
  await client.signOut();
  expect(client.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
});

test.each(["null", "[]", '"text"', "{", '{"out":"nonsense"}', '{"sid":5}'])(
  "rubbish in localStorage is survived: %s",
  async (text) => {
    const here = browser();
    const client = here.tab();
    kept.set(`keyturn.${served.base.replace(/[^\w.-]+/g, "_")}`, text);
    await client.ready();
    await client.signIn(demo);
    expect((await client.fetch("/home/")).status).toBe(200);
  },
);

test("a session that did not change is the same object, and a listener's fault is its own", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const client = browser().tab();
  const seen: string[] = [];
  client.onChange(() => {
    throw new Error("mine");
  });
  const stop = client.onChange((session) => seen.push(session.status));
  await client.signIn(demo);
  await when(client, (session) => session.status === "signed-in" && session.user !== null);
  const before = client.getSession();
  await client.reloadUser();
  expect(client.getSession()).toBe(before);
  stop();
  await client.signOut();
  expect(seen).not.toContain("loading");
  expect(seen.at(-1)).toBe("signed-in");
});
