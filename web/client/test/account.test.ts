import { beforeEach, expect, test } from "vitest";
import {
  activity,
  cancelEmail,
  changeEmail,
  deleteAccount,
  emails,
  exportAccount,
  reauthenticate,
  requestPasswordReset,
  resendEmailCode,
  resetPassword,
  updateProfile,
} from "../src/account.js";
import { browser, demo, events, locks, signedIn, storage } from "./browser.js";
import { codeFor, somebody } from "./people.js";

beforeEach(() => {
  storage();
  locks();
  events();
});

test.each(["web", "bearer"] as const)(
  "an account from its beginning to its end, in %s mode",
  async (mode) => {
    const client = browser().tab({ mode });
    const email = `start${process.pid}${mode}@example.com`;
    const password = "a long sentence of one's own";
    expect(await client.signUp({ email, password })).toEqual({ step: "verify-email" });
    const first = await codeFor(email);
    await expect(client.verifyEmail({ key: "BCDF-GHJK" })).rejects.toMatchObject({
      status: 400,
      reason: "incorrect_code",
    });
    await resendEmailCode(client);
    const second = await codeFor(email, first);
    expect(await client.verifyEmail({ key: second })).toEqual({ step: "signed-in" });
    expect((await client.reloadUser())?.email).toBe(email);

    expect(await emails(client)).toEqual([{ email, verified: true, primary: true }]);
    await reauthenticate(client, { password });
    await changeEmail(client, { email: `new${email}` });
    expect(await emails(client)).toHaveLength(2);
    expect(await client.verifyEmail({ key: await codeFor(`new${email}`) })).toEqual({ step: "signed-in" });
    expect(await emails(client)).toEqual([{ email: `new${email}`, verified: true, primary: true }]);

    const page = await activity(client, { limit: 2, language: "de" });
    expect(page.results).toHaveLength(2);
    const older = await activity(client, { cursor: page.next_cursor ?? "" });
    expect(older.results[0]?.at).not.toBe(page.results[0]?.at);
    expect(JSON.parse(await (await exportAccount(client)).text())).toHaveProperty("account");

    await expect(deleteAccount(client, { password: "wrong" })).rejects.toMatchObject({
      code: "wrong_password",
    });
    expect(signedIn(client.getSession())).toBe(true);
    await deleteAccount(client, { password });
    expect(client.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
    await expect(client.signIn({ email: `new${email}`, password })).rejects.toMatchObject({
      reason: "bad_credentials",
    });
  },
);

test("an address that is given up stays the old one", async () => {
  const person = await somebody();
  const client = browser().tab();
  await client.signIn(person);
  const email = `other${person.username}@example.com`;
  await reauthenticate(client, { password: person.password });
  await changeEmail(client, { email });
  await cancelEmail(client, { email });
  expect((await emails(client)).map((one) => one.email)).toEqual([`${person.username}@example.com`]);
});

test("a forgotten password is set anew, by the mail's code", async () => {
  const person = await somebody();
  const email = `${person.username}@example.com`;
  const before = await codeFor(email).catch(() => "");
  const client = browser().tab();
  expect(await requestPasswordReset(client, { email })).toEqual({ step: "reset-password" });
  const key = await codeFor(email, before);
  await expect(resetPassword(client, { key, password: "short" })).rejects.toMatchObject({
    status: 400,
    reason: "password_too_short",
    fields: { password: [expect.stringMatching(/./)] },
  });
  expect(await resetPassword(client, { key, password: "quite another long sentence" })).toEqual({
    step: "signed-in",
  });
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("what is wrong with a field is told by its name", async () => {
  const client = browser().tab();
  await client.signIn(demo);
  await expect(updateProfile(client, { first_name: "a\nb" })).rejects.toMatchObject({
    status: 400,
    code: "invalid",
    fields: { first_name: [expect.stringMatching(/./)] },
  });
  await expect(client.signUp({ email: "no address", password: "x" })).rejects.toMatchObject({
    status: expect.any(Number),
  });
});

test("who is not signed in is told so", async () => {
  const client = browser().tab();
  await expect(emails(client)).rejects.toMatchObject({ status: 401, code: "not_authenticated" });
  await expect(deleteAccount(client, {})).rejects.toMatchObject({ status: 401, code: "not_authenticated" });
});
