/** The second step of a sign-in, by the flows and by the tutorials' endpoint, against a real server. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  confirmApp,
  factors,
  forgetDevice,
  forgetDevices,
  newRecoveryCodes,
  onStepUp,
  removeApp,
  secondFactor,
  setUpApp,
  stepUpWithCode,
  stepUpWithPassword,
  trustedDevices,
} from "../src/factors.js";
import { answer, browser, events, locks, offline, pass, type Rule, served, storage } from "./browser.js";
import { manage } from "./keyturn.js";
import { somebody } from "./people.js";
import { signer } from "./signer.js";
import { codeOf } from "./totp.js";

beforeEach(() => {
  storage();
  locks();
  events();
});

/** A project without the endpoints of accounts: the tutorials' endpoint is what is left. */
const withoutFlows: Rule = async (request, send) =>
  request.url.endsWith("/auth/login") ? new Response("{}", { status: 404 }) : send();

/** Somebody with an app. */
async function enrolled() {
  const person = await somebody();
  const client = browser().tab({ mode: "bearer" });
  await client.signIn(person);
  const { secret } = await setUpApp(client);
  const { recovery_codes } = await confirmApp(client, { code: await codeOf(secret) });
  await client.signOut();
  client.close();
  // The code that it was set up with is used.
  await pass(30);
  return { person, secret, recovery_codes };
}

test("an app is set up, counted, used to prove oneself, and removed", async () => {
  const person = await somebody();
  const here = browser();
  const client = here.tab();
  await client.signIn(person);
  expect(await factors(client)).toEqual([]);
  const begun = await setUpApp(client);
  expect(begun.totp_url).toContain(begun.secret);
  expect(begun.totp_svg).toMatch(/<svg /);
  await expect(confirmApp(client, { code: "000000" })).rejects.toMatchObject({
    status: 400,
    reason: "incorrect_code",
  });
  const done = await confirmApp(client, { code: await codeOf(begun.secret) });
  expect(done.step).toEqual({ step: "signed-in" });
  expect(done.recovery_codes.length).toBeGreaterThanOrEqual(8);
  expect(await factors(client)).toMatchObject([
    { type: "totp" },
    { type: "recovery_codes", unused_code_count: done.recovery_codes.length },
  ]);
  await expect(setUpApp(client)).rejects.toMatchObject({ status: 409 });

  // Whoever has set an app up has just shown it; a while later it has to be shown again, and a password will not do.
  await pass(1000);
  const asked: string[] = [];
  onStepUp(client, async ({ methods }) => {
    asked.push(...methods);
    await stepUpWithCode(client, { code: done.recovery_codes[0] ?? "" });
  });
  const codes = await newRecoveryCodes(client);
  expect(codes).toHaveLength(done.recovery_codes.length);
  expect(codes.some((code) => done.recovery_codes.includes(code))).toBe(false);
  await removeApp(client);
  expect(asked).toContain("totp");
  expect(asked.length).toBeLessThanOrEqual(3);
  expect(await factors(client)).toEqual([]);
});

describe.each([
  ["web", null],
  ["bearer", null],
  ["web", withoutFlows],
  ["bearer", withoutFlows],
] as const)("in %s mode (%o)", (mode, rule) => {
  test("a sign-in goes on with a code of the app, and then with one of the recovery codes", async () => {
    const { person, secret, recovery_codes } = await enrolled();
    const here = browser();
    here.rule = rule;
    const client = here.tab({ mode });
    expect(await client.signIn(person)).toEqual({
      step: "second-factor",
      methods: expect.arrayContaining(["totp", "recovery_codes"]),
    });
    expect(client.getSession().status).toBe("signed-out");
    await expect(secondFactor(client, { code: "000000" })).rejects.toMatchObject({ status: 400 });
    expect(await secondFactor(client, { code: await codeOf(secret) })).toEqual({ step: "signed-in" });
    expect((await client.fetch("/home/")).status).toBe(200);
    await client.signOut();

    await client.signIn(person);
    const code = recovery_codes[1] ?? "";
    expect(await secondFactor(client, { code })).toEqual({ step: "signed-in" });
    await client.signOut();
    await client.signIn(person);
    await expect(secondFactor(client, { code })).rejects.toMatchObject({ status: 400 });
  });

  test("a second step that came too late has to begin again", async () => {
    const { person, secret } = await enrolled();
    const here = browser();
    here.rule = rule;
    const client = here.tab({ mode });
    await client.signIn(person);
    await pass(3700);
    await expect(secondFactor(client, { code: await codeOf(secret) })).rejects.toMatchObject({
      name: "KeyturnError",
    });
    expect(client.getSession().status).toBe("signed-out");
    await client.signIn(person);
    expect(await secondFactor(client, { code: await codeOf(secret) })).toEqual({ step: "signed-in" });
  });
});

describe.each([
  ["the flows", null],
  ["the tutorials' endpoint", withoutFlows],
] as const)("a trusted device, by %s,", (_way, rule) => {
  test("is not asked again, until it is forgotten", async () => {
    const { person, secret } = await enrolled();
    const here = browser();
    here.rule = rule;
    const client = here.tab();
    await client.signIn(person);
    await secondFactor(client, { code: await codeOf(secret), trustDevice: true });
    const [device] = await trustedDevices(client);
    expect(device).toMatchObject({ is_current: true, expires_at: expect.stringMatching(/^\d{4}-/) });
    await client.signOut();

    expect(await client.signIn(person)).toEqual({ step: "signed-in" });
    onStepUp(client, () => stepUpWithPassword(client, person));
    await forgetDevice(client, device ?? { id: "" });
    expect(await trustedDevices(client)).toEqual([]);
    await forgetDevices(client);
    await client.signOut();
    expect(await client.signIn(person)).toMatchObject({ step: "second-factor" });
  });
});

test.each([null, withoutFlows])(
  "a second step leads to a session that is bound to the key (%o)",
  async (rule) => {
    const { person, secret } = await enrolled();
    const here = browser();
    here.rule = rule;
    const client = here.tab({ dpop: signer() });
    await client.signIn(person);
    await secondFactor(client, { code: await codeOf(secret) });
    expect(client.getSession()).toMatchObject({ status: "signed-in", binding: "dpop" });
    expect((await client.fetch("/home/")).status).toBe(200);
  },
);

test("a second step that is answered by nobody, or by a hotel, may be tried again", async () => {
  const { person, secret } = await enrolled();
  for (const [way, mishap] of [
    [null, offline],
    [null, answer(200, "<h1>Welcome</h1>")],
    [null, answer(503, { code: "unavailable", detail: "Later." })],
    [withoutFlows, offline],
    [withoutFlows, answer(200, "<h1>Welcome</h1>")],
    [withoutFlows, answer(503, { code: "unavailable", detail: "Later." })],
  ] as const) {
    const here = browser();
    here.rule = way;
    const client = here.tab();
    await client.signIn(person);
    here.rule = mishap;
    await expect(secondFactor(client, { code: "000000" })).rejects.toMatchObject({
      code: expect.stringMatching(/^un(reach)?avail|^unreachable/),
    });
    here.rule = null;
    const code = await codeOf(secret);
    expect(await secondFactor(client, { code })).toEqual({ step: "signed-in" });
    await client.signOut();
    client.close();
    await pass(30);
  }
});

describe("who must have a second factor and has none", () => {
  const password = "a long sentence of one's own";
  const staff = ["a", "b", "c", "d"].map((letter) => `staff-${letter}${process.pid}`);

  beforeAll(async () => {
    const make = `get_user_model().objects.create_superuser(name, f"{name}@example.com", ${JSON.stringify(password)})`;
    await manage(
      served,
      "shell",
      "-c",
      `from django.contrib.auth import get_user_model\nfor name in ${JSON.stringify(staff)}: ${make}`,
    );
  }, 60_000);

  test.each([
    ["web", "the flows", null, 0],
    ["bearer", "the flows", null, 1],
    ["web", "the tutorials' endpoint", withoutFlows, 2],
    ["bearer", "the tutorials' endpoint", withoutFlows, 3],
  ] as const)("sets an app up and is signed in by that, in %s mode by %s", async (mode, _way, rule, at) => {
    const here = browser();
    here.rule = rule;
    const client = here.tab({ mode });
    const username = staff[at] ?? "";
    expect(await client.signIn({ username, password })).toMatchObject({ step: "set-up-factor" });
    expect(client.getSession().status).toBe("signed-out");
    const { secret, totp_svg } = await setUpApp(client);
    expect(totp_svg).toMatch(/<svg /);
    await expect(confirmApp(client, { code: "000000" })).rejects.toMatchObject({ status: 400 });
    const done = await confirmApp(client, { code: await codeOf(secret) });
    expect(done.step).toEqual({ step: "signed-in" });
    expect(done.recovery_codes.length).toBeGreaterThanOrEqual(8);
    expect((await client.fetch("/home/")).status).toBe(200);
    await expect(removeApp(client)).rejects.toMatchObject({ reason: "factor_setup_required" });
    await client.signOut();
    expect(await client.signIn({ username, password })).toMatchObject({ step: "second-factor" });
  });
});
