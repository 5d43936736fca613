/** Signing in by mail, against a real server: the code where it was asked for, the link anywhere. */
import { beforeEach, describe, expect, test } from "vitest";
import {
  confirmApp,
  mailSignInCode,
  resendSignInCode,
  secondFactor,
  setUpApp,
  signInWithMailCode,
  signInWithMailLink,
} from "../src/factors.js";
import { browser, events, locks, pass, served, signedIn, storage } from "./browser.js";
import { codeFor, keyOfLinkFor, somebody } from "./people.js";
import { codeOf } from "./totp.js";

beforeEach(() => {
  storage();
  locks();
  events();
});

describe.each(["web", "bearer"] as const)("in %s mode", (mode) => {
  test("a mailed code signs in, once", async () => {
    const person = await somebody();
    const email = `${person.username}@example.com`;
    const before = await codeFor(email);
    const client = browser().tab({ mode });
    expect(await mailSignInCode(client, { email })).toEqual({ step: "sign-in-code" });
    const code = await codeFor(email, before);
    await expect(signInWithMailCode(client, { code: "BCDF-GHJK" })).rejects.toMatchObject({
      status: 400,
      reason: "incorrect_code",
    });
    expect(await signInWithMailCode(client, { code })).toEqual({ step: "signed-in" });
    expect((await client.reloadUser())?.username).toBe(person.username);
    await client.signOut();
    await expect(signInWithMailCode(client, { code })).rejects.toMatchObject({ name: "KeyturnError" });
  });

  test("the link of the mail signs in where it is opened, and voids the code", async () => {
    const person = await somebody();
    const email = `${person.username}@example.com`;
    const before = await codeFor(email);
    const client = browser().tab({ mode });
    await mailSignInCode(client, { email });
    const code = await codeFor(email, before);
    const key = await keyOfLinkFor(email);
    const elsewhere = browser(served.base.replace("127.0.0.1", "localhost")).tab({ mode });
    expect(await signInWithMailLink(elsewhere, { key })).toEqual({ step: "signed-in" });
    expect(signedIn(elsewhere.getSession())).toBe(true);
    await expect(signInWithMailCode(client, { code })).rejects.toMatchObject({ name: "KeyturnError" });
    await elsewhere.signOut();
    await expect(signInWithMailLink(elsewhere, { key })).rejects.toMatchObject({ reason: "link_used" });
  });

  test("another mail takes the place of the first", async () => {
    const person = await somebody();
    const email = `${person.username}@example.com`;
    const client = browser().tab({ mode });
    const before = await codeFor(email);
    await mailSignInCode(client, { email });
    const first = await codeFor(email, before);
    await pass(70);
    await resendSignInCode(client);
    const second = await codeFor(email, first);
    await expect(signInWithMailCode(client, { code: first })).rejects.toMatchObject({ status: 400 });
    expect(await signInWithMailCode(client, { code: second })).toEqual({ step: "signed-in" });
  });
});

test("whether anybody has an address is not told", async () => {
  const client = browser().tab();
  expect(await mailSignInCode(client, { email: `nobody${process.pid}@example.com` })).toEqual({
    step: "sign-in-code",
  });
});

test("a second factor is asked for after the mail too", async () => {
  const person = await somebody();
  const email = `${person.username}@example.com`;
  const before = await codeFor(email);
  const client = browser().tab();
  await client.signIn(person);
  const { secret } = await setUpApp(client);
  await confirmApp(client, { code: await codeOf(secret) });
  await client.signOut();
  await pass(30);
  await mailSignInCode(client, { email });
  expect(await signInWithMailCode(client, { code: await codeFor(email, before) })).toMatchObject({
    step: "second-factor",
  });
  expect(await secondFactor(client, { code: await codeOf(secret) })).toEqual({ step: "signed-in" });
});
