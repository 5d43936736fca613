/** Step-up (RFC 9470) as a page meets it: who is asked, how often, and what becomes of the requests. */
import { beforeEach, expect, test, vi } from "vitest";
import { changePassword } from "../src/account.js";
import { coreOf } from "../src/client.js";
import { onStepUp, removeApp, type StepUp, stepUpWithCode, stepUpWithPassword } from "../src/factors.js";
import type { KeyturnClient } from "../src/types.js";
import { browser, demo, events, eventually, locks, served, storage, when } from "./browser.js";
import { somebody } from "./people.js";
import { known, only, somebodyIn, strict, told } from "./strict.js";

beforeEach(() => {
  storage();
  locks();
  events();
});

/** A prompt that nobody answers, and whether it was closed. */
function ignored(client: KeyturnClient): { readonly closed: boolean } {
  const prompt = { closed: false };
  onStepUp(
    client,
    ({ signal }) =>
      new Promise(() => {
        signal.addEventListener("abort", () => {
          prompt.closed = true;
        });
      }),
  );
  return prompt;
}

test("ten requests that are refused are one prompt, and each is sent once more with its body", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  here.rule = strict(only(/home|account/));
  const prompts: StepUp[] = [];
  onStepUp(client, async (asked) => {
    prompts.push(asked);
    await eventually(() => here.sent.filter((one) => /home|account/.test(one)).length === 10);
    await stepUpWithPassword(client, { password: "right" });
  });
  const init = { method: "POST", body: "what was typed" };
  const answers = await Promise.all([
    ...Array.from({ length: 8 }, () => client.fetch("/home/", init)),
    client.call<object>("POST", "/home/"),
    removeApp(client),
  ]);
  expect(prompts).toHaveLength(1);
  expect(prompts[0]).toMatchObject({ methods: ["password"], max_age: 300, acr_values: [] });
  for (const response of answers.slice(0, 8) as Response[]) {
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ body: "what was typed" });
  }
  expect(here.sent.filter((one) => /home|account/.test(one))).toHaveLength(20);
  expect(here.sent.filter((one) => one.includes("/token/"))).toEqual([]);
});

test("a password is asked for before it is changed, while other requests go on", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  here.rule = strict(only(/password\/change/));
  onStepUp(client, async () => {
    // Nothing is held up while the user thinks.
    expect((await client.sessions.list()).length).toBeGreaterThan(0);
    await stepUpWithPassword(client, { password: "right" });
  });
  await changePassword(client, { current: "old", next: "new" });
  expect(here.sent.filter((one) => one.endsWith("password/change"))).toHaveLength(2);
});

test.each([
  ["closes the dialog", () => Promise.reject(new Error("closed"))],
  ["says no", () => Promise.resolve(false)],
  [
    "has a page that fails at once",
    () => {
      throw new Error("mine");
    },
  ],
])("who %s gets the refusal that there was", async (_how, prompt) => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  here.rule = strict(only(/home/));
  let count = 0;
  onStepUp(client, () => {
    count += 1;
    return prompt();
  });
  const response = await client.fetch("/home/");
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ reason: "reauthentication_required" });
  await expect(client.call("GET", "/home/")).rejects.toMatchObject({ reason: "reauthentication_required" });
  expect(count).toBe(2);
  expect(here.sent.filter((one) => one === "GET /home/")).toHaveLength(2);
  expect(client.getSession().status).toBe("signed-in");
});

test("a proof that does not do is asked for once, not again and again", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  here.rule = strict(only(/home/, { acr_values: "2fa" }));
  const prompt = vi.fn(() => stepUpWithPassword(client, { password: "right" }));
  onStepUp(client, prompt);
  expect((await client.fetch("/home/")).status).toBe(401);
  expect(prompt).toHaveBeenCalledTimes(1);
  expect(here.sent.filter((one) => one === "GET /home/")).toHaveLength(2);
});

test("a wrong code is told to who shows it, and the prompt stays", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  here.rule = strict(only(/home/, { acr_values: "2fa" }));
  onStepUp(client, async () => {
    await expect(stepUpWithCode(client, { code: "000000" })).rejects.toMatchObject({ code: "wrong_code" });
    await stepUpWithCode(client, { code: "123456" });
  });
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("a request that wants a stronger proof than the open prompt's has a prompt of its own", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  here.rule = strict((path) =>
    path === "/home/" ? { max_age: 300 } : path === "/strong/" ? { acr_values: "2fa" } : null,
  );
  const prompts: StepUp[] = [];
  onStepUp(client, async (asked) => {
    prompts.push(asked);
    if (asked.acr_values.length) return stepUpWithCode(client, { code: "123456" });
    await eventually(() => here.sent.includes("GET /strong/"));
    return stepUpWithPassword(client, { password: "right" });
  });
  const weak = client.fetch("/home/");
  await eventually(() => prompts.length === 1);
  const [one, other] = await Promise.all([weak, client.fetch("/strong/")]);
  expect([one.status, other.status]).toEqual([200, 200]);
  expect(prompts.map(({ methods }) => methods[0])).toEqual(["password", "totp"]);
});

test("what one tab proves closes the prompt of another, whose request is sent again", async () => {
  const here = browser();
  const [one, other] = [here.tab(), here.tab()];
  await somebodyIn(here, one);
  await when(other, known);
  here.rule = strict(only(/home/));
  const prompt = ignored(other);
  const waiting = other.fetch("/home/");
  await eventually(() => here.sent.includes("GET /home/"));
  await stepUpWithPassword(one, { password: "right" });
  expect((await waiting).status).toBe(200);
  expect(prompt.closed).toBe(true);
  // The tab that proved it need not prove it again, and neither need the other.
  expect((await one.fetch("/home/")).status).toBe(200);
  expect((await other.fetch("/home/")).status).toBe(200);
});

test("a request that was on its way while another tab proved it asks nobody", async () => {
  const here = browser();
  const [one, other] = [here.tab(), here.tab()];
  await somebodyIn(here, one);
  await when(other, known);
  const rule = strict(only(/home/));
  here.rule = async (request, send) => {
    const refused = await rule(request, send);
    if (refused.status === 401) {
      await stepUpWithPassword(one, { password: "right" });
      await eventually(() => coreOf(other).access?.token === coreOf(one).access?.token);
    }
    return refused;
  };
  const prompt = vi.fn(async () => false);
  onStepUp(other, prompt);
  expect((await other.fetch("/home/")).status).toBe(200);
  expect(prompt).not.toHaveBeenCalled();
  expect(here.sent.filter((sent) => sent === "GET /home/")).toHaveLength(2);
});

test("a sign-out closes the prompt, and nothing is sent again", async () => {
  const here = browser();
  const [one, other] = [here.tab(), here.tab()];
  await somebodyIn(here, one);
  await when(other, known);
  here.rule = strict(only(/home/));
  const prompt = ignored(other);
  const waiting = other.fetch("/home/");
  await eventually(() => here.sent.includes("GET /home/"));
  await one.signOut();
  expect((await waiting).status).toBe(401);
  expect(prompt.closed).toBe(true);
  expect(here.sent.filter((sent) => sent === "GET /home/")).toHaveLength(1);
});

test("a request of one user is never sent again as another who proves it", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  const person = await somebody();
  here.rule = strict(only(/home/));
  onStepUp(client, async () => {
    here.rule = null;
    await client.signOut();
    await client.signIn(person);
    await stepUpWithPassword(client, person);
  });
  expect((await client.fetch("/home/")).status).toBe(401);
  expect(here.sent.filter((sent) => sent === "GET /home/")).toHaveLength(1);

  await when(client, known);
  const rule = strict(only(/home/));
  let first = true;
  here.rule = async (request, send) => {
    const refused = await rule(request, send);
    if (first && request.url.endsWith("/home/")) {
      first = false;
      await client.signOut();
      await client.signIn(demo);
    }
    return refused;
  };
  expect((await client.fetch("/home/")).status).toBe(401);
  expect(here.sent.filter((sent) => sent === "GET /home/")).toHaveLength(2);
});

test("a request that its caller gives up is given up, and the prompt is not", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  here.rule = strict(only(/home/));
  let prove = () => {};
  onStepUp(client, async () => {
    await new Promise<void>((resolve) => {
      prove = resolve;
    });
    await stepUpWithPassword(client, { password: "right" });
  });
  const end = new AbortController();
  const [first, second] = [client.fetch("/home/", { signal: end.signal }), client.fetch("/home/")];
  await eventually(() => here.sent.filter((sent) => sent === "GET /home/").length === 2);
  end.abort();
  await expect(first).rejects.toMatchObject({ name: "AbortError" });
  prove();
  expect((await second).status).toBe(200);
});

test("a user who takes longer than any time-out is waited for", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  // From now on everything is answered here, at once.
  Object.assign(coreOf(client), { timeout: 200 });
  here.rule = strict(only(/home/));
  const began = performance.now();
  onStepUp(client, async () => {
    await eventually(() => performance.now() - began > 900);
    await stepUpWithPassword(client, { password: "right" });
  });
  expect(await client.call("GET", "/home/")).toMatchObject({ path: "/home/" });
});

test("a proof whose answer has no token is one refresh", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  let proven = false;
  here.rule = async (request, send) => {
    if (!request.url.endsWith("/home/") || proven) return send();
    return told(401, { code: "reauthentication_required", reason: "reauthentication_required", methods: [] });
  };
  onStepUp(client, async () => {
    proven = true;
  });
  expect((await client.fetch("/home/")).status).toBe(200);
  expect(here.sent).toEqual(["GET /home/", "POST /token/refresh/", "GET /home/"]);
});

test("what ends it ends it", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  here.rule = strict(only(/home/));
  const prompt = vi.fn(async () => false);
  const end = onStepUp(client, prompt);
  end();
  expect((await client.fetch("/home/")).status).toBe(401);
  expect(prompt).not.toHaveBeenCalled();
});

test("a 401 about the token is a refresh, and prompts nobody", async () => {
  const here = browser();
  const client = here.tab();
  await somebodyIn(here, client);
  let first = true;
  here.rule = async (request, send) => {
    if (!first || !request.url.endsWith("/home/")) return send();
    first = false;
    return told(401, { code: "token_not_valid", reason: "expired", detail: "Old." });
  };
  const prompt = vi.fn(async () => false);
  onStepUp(client, prompt);
  expect((await client.fetch("/home/")).status).toBe(200);
  expect(prompt).not.toHaveBeenCalled();
});

test("who is not signed in is asked for nothing", async () => {
  const here = browser();
  const client = here.tab();
  const prompt = vi.fn(async () => false);
  onStepUp(client, prompt);
  expect((await client.fetch(`${served.base}/home/`)).status).toBe(401);
  expect(prompt).not.toHaveBeenCalled();
});
