/** Answers that are nobody's who speaks for Keyturn, wherever they come. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, expect, test, vi } from "vitest";
import { exportAccount, reauthenticate } from "../src/account.js";
import { answer, browser, demo, events, eventually, served, storage, when } from "./browser.js";

let fire: ReturnType<typeof events>;

beforeEach(() => {
  storage();
  fire = events();
});

const hotel = answer(200, "<h1>Welcome to the hotel</h1>");
const known = (session: { status: string; user?: unknown }) =>
  session.status === "signed-in" && Boolean(session.user);

test("a hotel's page in place of the sign-in is no step of it", async () => {
  const here = browser();
  const client = here.tab();
  await client.ready();
  here.rule = hotel;
  await expect(client.signIn(demo)).rejects.toMatchObject({ code: "unreachable" });
});

test("a hotel's page in place of the user leaves the user as known", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await when(client, known);
  here.rule = hotel;
  expect(await client.reloadUser()).toMatchObject({ username: "demo" });
  expect(client.getSession()).toMatchObject({ user: { username: "demo" } });
  await expect(client.sessions.list()).rejects.toMatchObject({ code: "unreachable" });
});

test.each([false, true])(
  "a hotel's page has not heard of a sign-out (everywhere: %s)",
  async (everywhere) => {
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    await client.fetch("/home/");
    const used = here.requests.at(-1)?.headers.get("Authorization") ?? "";
    here.rule = hotel;
    await client.signOut({ everywhere });
    here.rule = null;
    fire("online");
    await eventually(
      async () => (await fetch(`${served.base}/home/`, { headers: { Authorization: used } })).status === 401,
    );
  },
);

test("an answer without a body is one where there is nothing to say", async () => {
  const client = browser().tab();
  await client.signIn(demo);
  await client.sessions.endOthers();
  expect(client.getSession().status).toBe("signed-in");
});

test.each([null, 5, [null], { a: null }, [{ message: 5 }]])(
  "an error whose fields are rubbish is an error like any other: %j",
  async (errors) => {
    const here = browser();
    const client = here.tab();
    await client.ready();
    here.rule = answer(400, { code: "invalid", detail: "No.", reason: null, errors });
    await expect(client.call("POST", "/me/", {})).rejects.toMatchObject({
      name: "KeyturnError",
      code: "invalid",
    });
  },
);

test("a call of Keyturn's own that is redirected takes neither token nor password along", async () => {
  const heard: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization);
    response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const other = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const here = browser();
    const client = here.tab();
    await client.signIn(demo);
    await when(client, known);
    // As a browser does it.
    here.rule = async (request) => {
      if (request.redirect === "error") throw new TypeError("fetch failed");
      return fetch(other, { method: request.method, headers: request.headers });
    };
    const proof = { password: demo.password };
    await expect(reauthenticate(client, proof)).rejects.toMatchObject({ code: "unreachable" });
    await expect(client.sessions.list()).rejects.toMatchObject({ code: "unreachable" });
    await exportAccount(client).catch(() => {});
    expect(heard).toEqual([]);
  } finally {
    server.close();
  }
});

test("a resource that does not know the token's key is asked again with another token", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await when(client, known);
  let first = true;
  here.rule = async (request, send) => {
    if (!first || !request.url.endsWith("/home/")) return send();
    first = false;
    return new Response('{"code":"token_not_valid","reason":"bad_signature"}', { status: 401 });
  };
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("a page in bearer mode says so, since its origin may be a web client's", async () => {
  vi.stubGlobal("document", { visibilityState: "visible" });
  vi.stubGlobal("location", new URL(served.base));
  vi.stubGlobal("navigator", { cookieEnabled: true });
  const here = browser();
  const client = here.tab({ mode: "bearer" });
  await client.signIn(demo);
  expect(client.getSession()).toMatchObject({ binding: "none" });
  expect(new Set(here.requests.map((request) => request.headers.get("X-Keyturn-Client")))).toEqual(
    new Set(["bearer"]),
  );
});

test("a program says nothing of the kind", async () => {
  const here = browser();
  const client = here.tab({ mode: "bearer" });
  await client.signIn(demo);
  expect(here.requests.map((request) => request.headers.get("X-Keyturn-Client"))).not.toContain("bearer");
});

test("a refresh's last word has a code as well as a reason", async () => {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await when(client, known);
  here.rule = async (request, send) =>
    request.url.endsWith("/token/refresh/") || request.url.endsWith("/home/")
      ? new Response('{"reason":"expired","message":"A gateway, not Keyturn."}', { status: 401 })
      : send();
  const asked = client.fetch("/home/").catch(() => {});
  await when(client, (session) => session.status !== "signed-in" || !session.online);
  expect(client.getSession().status).toBe("signed-in");
  here.rule = null;
  fire("online");
  await asked;
});
