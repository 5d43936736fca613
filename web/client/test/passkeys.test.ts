/** Passkeys, made and used by a device in software, against a real server. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  addPasskey,
  canAutofillPasskeys,
  canUsePasskeys,
  factors,
  onStepUp,
  removePasskeys,
  renamePasskey,
  secondFactorWithPasskey,
  signInWithPasskey,
  stepUpWithPasskey,
} from "../src/factors.js";
import type { PasskeyDevice } from "../src/types.js";
import { type Device, device } from "./authenticator.js";
import {
  browser,
  events,
  eventually,
  locks,
  offline,
  pass,
  type Rule,
  served,
  signedIn,
  storage,
  when,
} from "./browser.js";
import { somebody } from "./people.js";

/** Where the server says that it is: its passkeys are for this name. */
const ORIGIN = served.base.replace("127.0.0.1", "localhost");

let here: ReturnType<typeof browser>;
let own: Device;

beforeEach(() => {
  storage();
  locks();
  events();
  here = browser();
  own = device(ORIGIN);
});

const withoutFlows: Rule = async (request, send) =>
  request.url.endsWith("/auth/login") ? new Response("{}", { status: 404 }) : send();

/** Somebody with a passkey, signed out. */
async function keyed(mode: "web" | "bearer" = "web", passwordless = true) {
  const person = await somebody();
  const client = here.tab({ mode });
  await client.signIn(person);
  const { passkey, recovery_codes } = await addPasskey(client, { name: "My phone", passwordless });
  await client.signOut();
  return { person, client, passkey, recovery_codes };
}

test("a passkey is added, named, told of, and removed", async () => {
  const person = await somebody();
  const client = here.tab();
  await client.signIn(person);
  const { passkey, recovery_codes } = await addPasskey(client, { name: "My phone" });
  expect(passkey).toMatchObject({ type: "webauthn", name: "My phone", last_used_at: null });
  expect(recovery_codes.length).toBeGreaterThanOrEqual(8);
  onStepUp(client, () => stepUpWithPasskey(client));
  // The device says so itself.
  await expect(addPasskey(client, { name: "Again" })).rejects.toMatchObject({
    name: "PasskeyError",
    reason: "already-added",
  });
  expect(await renamePasskey(client, { id: passkey.id, name: "Old phone" })).toMatchObject({
    name: "Old phone",
  });
  own = device(ORIGIN);
  const other = await addPasskey(client, {});
  expect(other.passkey.name).not.toBe("");
  expect(other.recovery_codes).toEqual([]);
  expect((await factors(client)).filter(({ type }) => type === "webauthn")).toHaveLength(2);
  await removePasskeys(client, { ids: [passkey.id, other.passkey.id] });
  expect(await factors(client)).toEqual([]);
});

describe.each(["web", "bearer"] as const)("in %s mode", (mode) => {
  test("one signs in with a passkey alone, and with no name", async () => {
    const { client, person } = await keyed(mode);
    here.sent.length = 0;
    expect(await signInWithPasskey(client)).toEqual({ step: "signed-in" });
    expect((await client.reloadUser())?.username).toBe(person.username);
    expect((await client.fetch("/home/")).status).toBe(200);
    expect(here.sent.some((one) => one.endsWith("/auth/login"))).toBe(false);
  });

  test.each([
    ["the flows", null],
    ["the tutorials' endpoint", withoutFlows],
  ])("a passkey is the second factor, by %s", async (_way, rule) => {
    const { client, person } = await keyed(mode, false);
    here.rule = rule;
    expect(await client.signIn(person)).toMatchObject({
      step: "second-factor",
      methods: expect.arrayContaining(["webauthn"]),
    });
    expect(await secondFactorWithPasskey(client)).toEqual({ step: "signed-in" });
    expect((await client.fetch("/home/")).status).toBe(200);
  });

  test("a passkey proves who one is", async () => {
    const { client } = await keyed(mode);
    await signInWithPasskey(client);
    await pass(1000);
    const asked: string[] = [];
    onStepUp(client, async ({ methods }) => {
      asked.push(...methods);
      await stepUpWithPasskey(client);
    });
    const [passkey] = await factors(client);
    if (passkey?.type !== "webauthn") throw new Error("the passkey comes first");
    expect(await renamePasskey(client, { id: passkey.id, name: "Mine" })).toMatchObject({ name: "Mine" });
    expect(asked).toContain("webauthn");
    expect(await renamePasskey(client, { id: passkey.id, name: "Mine too" })).toMatchObject({
      name: "Mine too",
    });
    expect(asked.filter((method) => method === "webauthn")).toHaveLength(1);
  });
});

test.each([
  ["NotAllowedError", "given-up"],
  ["AbortError", "given-up"],
  ["SecurityError", "not-available"],
  ["NotSupportedError", "not-available"],
  ["UnknownError", "not-available"],
])("a browser that says %s: %s, and nothing was sent", async (name, reason) => {
  const { client } = await keyed();
  own.refuses = name;
  here.sent.length = 0;
  await expect(signInWithPasskey(client)).rejects.toMatchObject({ name: "PasskeyError", reason });
  expect(here.sent.filter((one) => one.startsWith("POST"))).toEqual([]);
});

test("without passkeys nothing is asked, and that is told", async () => {
  vi.stubGlobal("PublicKeyCredential", undefined);
  expect(canUsePasskeys()).toBe(false);
  expect(await canAutofillPasskeys()).toBe(false);
  await expect(signInWithPasskey(here.tab())).rejects.toMatchObject({ reason: "not-available" });
});

test("a passkey for another site's name is not used here", async () => {
  const { client } = await keyed();
  own.origin = "https://evil.example";
  await expect(signInWithPasskey(client)).rejects.toMatchObject({
    status: 400,
    code: "passkey_not_valid",
    reason: "passkey_invalid",
  });
  expect(client.getSession().status).toBe("signed-out");
});

describe("in the form's autofill", () => {
  test("it waits until one is picked", async () => {
    const { client } = await keyed();
    expect(await canAutofillPasskeys()).toBe(true);
    const step = signInWithPasskey(client, { autofill: true });
    await eventually(() => own.pick !== null);
    expect(own.asked.at(-1)?.mediation).toBe("conditional");
    own.pick?.();
    expect(await step).toEqual({ step: "signed-in" });
  });

  test("a dialog that the page opens takes its place", async () => {
    const { client, person } = await keyed("web", false);
    const waiting = signInWithPasskey(client, { autofill: true });
    await eventually(() => own.pick !== null);
    await client.signIn(person);
    const ended = expect(waiting).rejects.toMatchObject({ name: "PasskeyError", reason: "given-up" });
    expect(await secondFactorWithPasskey(client)).toEqual({ step: "signed-in" });
    await ended;
  });

  test("it takes no dialog's place", async () => {
    const { client } = await keyed();
    own.slow = true;
    const dialog = signInWithPasskey(client);
    await eventually(() => own.pick !== null);
    await expect(signInWithPasskey(client, { autofill: true })).rejects.toMatchObject({ reason: "given-up" });
    own.pick?.();
    expect(await dialog).toEqual({ step: "signed-in" });
  });

  test("who gives it up gives it up, before it has begun too", async () => {
    const { client } = await keyed();
    const end = new AbortController();
    const waiting = signInWithPasskey(client, { autofill: true, signal: end.signal });
    await eventually(() => own.pick !== null);
    end.abort();
    await expect(waiting).rejects.toMatchObject({ reason: "given-up" });
    const late = signInWithPasskey(client, { autofill: true, signal: end.signal });
    await expect(late).rejects.toMatchObject({ reason: "given-up" });
    const dialog = signInWithPasskey(client, { signal: end.signal });
    await expect(dialog).rejects.toMatchObject({ reason: "given-up" });
  });

  test("a challenge that has grown old is replaced before it is used", async () => {
    const { client } = await keyed();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const step = signInWithPasskey(client, { autofill: true });
      await vi.waitFor(() => expect(own.pick).not.toBeNull());
      const first = own.pick;
      const asked = () => here.sent.filter((one) => one.startsWith("GET") && one.endsWith("webauthn/login"));
      expect(asked()).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(240_000);
      await vi.waitFor(() => {
        expect(asked()).toHaveLength(2);
        expect(own.pick).not.toBeNull();
        expect(own.pick).not.toBe(first);
      });
      vi.useRealTimers();
      own.pick?.();
      expect(await step).toEqual({ step: "signed-in" });
    } finally {
      vi.useRealTimers();
    }
  });

  test("nothing is asked for while nobody looks at the page", async () => {
    const fire = events();
    const { client } = await keyed();
    const asked = () => here.sent.filter((one) => one === "GET /auth/browser/v1/auth/webauthn/login");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const step = signInWithPasskey(client, { autofill: true });
      await vi.waitFor(() => expect(own.pick).not.toBeNull());
      vi.stubGlobal("document", { visibilityState: "hidden" });
      for (let night = 0; night < 100; night++) await vi.advanceTimersByTimeAsync(300_000);
      expect(asked()).toHaveLength(1);
      expect(own.pick).toBeNull();
      vi.stubGlobal("document", { visibilityState: "visible" });
      fire("visibilitychange");
      await vi.waitFor(() => expect(own.pick).not.toBeNull());
      expect(asked()).toHaveLength(2);
      vi.useRealTimers();
      own.pick?.();
      expect(await step).toEqual({ step: "signed-in" });
    } finally {
      vi.useRealTimers();
    }
  });

  test("a network that is gone when it begins is no obstacle for later", async () => {
    const { client } = await keyed();
    const fire = events();
    const again = here.tab();
    await again.ready();
    here.rule = offline;
    const step = signInWithPasskey(again, { autofill: true });
    const failed = here.sent.length;
    await eventually(() => here.sent.length > failed);
    here.rule = null;
    await eventually(() => {
      fire("online");
      return own.pick !== null;
    });
    own.pick?.();
    expect(await step).toEqual({ step: "signed-in" });
    await when(client, signedIn);
  });
});

test("where there is no browser, a device of the options is asked, in JSON", async () => {
  const { person } = await keyed();
  const asked: unknown[] = [];
  const passkeys: PasskeyDevice = {
    create: async () => {
      throw Object.assign(new Error("there"), { name: "InvalidStateError" });
    },
    async get(options) {
      asked.push(options);
      throw Object.assign(new Error("closed"), { name: "NotAllowedError" });
    },
  };
  vi.stubGlobal("PublicKeyCredential", undefined);
  const client = here.tab({ mode: "bearer", passkeys });
  expect([canUsePasskeys(), canUsePasskeys(client)]).toEqual([false, true]);
  await expect(signInWithPasskey(client)).rejects.toMatchObject({ reason: "given-up" });
  expect(asked).toMatchObject([{ challenge: expect.stringMatching(/^[\w-]+$/), rpId: "localhost" }]);
  await client.signIn(person);
  await expect(secondFactorWithPasskey(client)).rejects.toMatchObject({ reason: "given-up" });
  expect(asked).toHaveLength(2);
});
