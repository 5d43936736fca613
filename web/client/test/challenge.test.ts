/** What a challenge says (RFC 9470 section 3), whoever makes it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, expect, test, vi } from "vitest";
import { onStepUp, type StepUp } from "../src/factors.js";
import { browser, events, locks, storage, when } from "./browser.js";
import { known, somebodyIn, told } from "./strict.js";

beforeEach(() => {
  storage();
  locks();
  events();
});

test.each([
  ['Bearer realm="api", error="insufficient_user_authentication", max_age="60", acr_values="2fa other"', 60],
  ["Bearer error=insufficient_user_authentication,max_age=60 , acr_values=2fa", 60],
  ['Bearer error="insufficient_user_authentication"', null],
])("another service says it by its challenge alone: %s", async (challenge, age) => {
  let refused = true;
  const server = createServer((_request, response) => {
    response.writeHead(refused ? 401 : 200, refused ? { "WWW-Authenticate": challenge } : {}).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const here = browser();
    const client = here.tab({ apiOrigins: [origin] });
    await somebodyIn(here, client);
    const prompts: StepUp[] = [];
    const end = onStepUp(client, async (asked) => {
      prompts.push(asked);
      refused = false;
    });
    expect((await client.fetch(`${origin}/`)).status).toBe(200);
    expect(prompts).toHaveLength(1);
    expect(prompts[0]?.max_age).toBe(age);
    expect(prompts[0]?.acr_values).toEqual(challenge.match(/2fa( other)?/)?.[0].split(" ") ?? []);
    // What the service does not say, Keyturn knows.
    expect(prompts[0]?.methods).toEqual(challenge.includes("2fa") ? [] : ["password"]);
    end();

    refused = true;
    const prompt = vi.fn(async () => false);
    const stranger = here.tab();
    await when(stranger, known);
    onStepUp(stranger, prompt);
    expect((await stranger.fetch(`${origin}/`)).status).toBe(401);
    expect(prompt).not.toHaveBeenCalled();
  } finally {
    server.close();
  }
});

test.each([
  { methods: 5, max_age: "soon", acr_values: null },
  { methods: null, max_age: -1, acr_values: [] },
  { methods: "password", max_age: {}, acr_values: "" },
])("rubbish in a challenge is left out: %j", async (rubbish) => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  here.rule = async (request, send) =>
    request.url.endsWith("/home/") ? told(401, { reason: "reauthentication_required", ...rubbish }) : send();
  const prompt = vi.fn(async (_asked: StepUp) => false);
  onStepUp(client, prompt);
  expect((await client.fetch("/home/")).status).toBe(401);
  expect(prompt.mock.calls[0]?.[0]).toMatchObject({ methods: ["password"], max_age: null });
});
