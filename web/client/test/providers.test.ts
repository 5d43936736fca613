/** Signing in by an account elsewhere, against a real server and a real OpenID provider. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  beginProviderToken,
  finishProvider,
  finishProviderToken,
  linkedAccounts,
  onStepUp,
  providerSignUp,
  providers,
  startProvider,
  stepUpWithPassword,
  unlinkAccount,
} from "../src/factors.js";
import {
  type Browser,
  browser,
  events,
  locks,
  pass,
  served,
  signedIn,
  signedOut,
  storage,
  when,
} from "./browser.js";
import { codeFor, somebody } from "./people.js";
import { APP, opened, provider, visit } from "./provider.js";

const CALLBACK = "/sign-in/provider";
let running: Awaited<ReturnType<typeof provider>>;
let count = 0;
/** A name that nobody has yet. */
const someone = (kind = "") => `${kind}ada${process.pid}x${++count}`;

beforeAll(async () => {
  running = await provider();
}, 60_000);
afterAll(() => running?.stop());

beforeEach(() => {
  storage();
  locks();
  events();
});

/** There and back again, as the browser goes. @returns the page that it ends on. */
async function round(here: Browser, location: string, name: string): Promise<string> {
  expect(new URL(location).port).toBe(String(served.providerPort));
  return opened(here.cookies, await visit(location, name));
}

test("the server's providers are told, also to who is not signed in", async () => {
  expect(await providers(browser().tab())).toEqual(
    expect.arrayContaining([expect.objectContaining({ id: "oidc", name: "Example" })]),
  );
});

test("somebody new signs up by an account elsewhere, and signs in by it from then on", async () => {
  const here = browser();
  const client = here.tab();
  const name = someone();
  const location = await startProvider(client, { provider: "oidc", callback_url: CALLBACK });
  expect(await round(here, location, name)).toMatch(/\/sign-in\/provider$/);
  expect(client.getSession().status).not.toBe("signed-in");
  expect(await finishProvider(client)).toEqual({ step: "signed-in" });
  expect(await client.reloadUser()).toMatchObject({
    email: `${name}@provider.example`,
    email_verified: true,
    has_usable_password: false,
  });
  expect(await linkedAccounts(client)).toMatchObject([{ uid: name, provider: { id: "oidc" } }]);
  await client.signOut();
  await expect(finishProvider(client)).rejects.toMatchObject({ status: 409 });

  const again = await startProvider(client, { provider: "oidc", callback_url: CALLBACK });
  await round(here, again, name);
  const page = here.tab();
  // The page that the browser comes back to is a new one.
  client.close();
  expect(await finishProvider(page)).toEqual({ step: "signed-in" });
});

test("an account elsewhere is linked after a proof, and unlinked", async () => {
  const here = browser();
  const client = here.tab();
  const person = await somebody();
  await client.signIn(person);
  await pass(1000);
  let prompts = 0;
  onStepUp(client, () => {
    prompts += 1;
    return stepUpWithPassword(client, person);
  });
  const name = someone();
  const location = await startProvider(client, {
    provider: "oidc",
    callback_url: CALLBACK,
    process: "connect",
  });
  expect(prompts).toBe(1);
  await round(here, location, name);
  expect(await finishProvider(client)).toEqual({ step: "signed-in" });
  const [linked] = await linkedAccounts(client);
  expect(linked).toMatchObject({ uid: name });
  expect((await client.reloadUser())?.username).toBe(person.username);
  await unlinkAccount(client, { provider: "oidc", account: name });
  expect(await linkedAccounts(client)).toEqual([]);
  await expect(unlinkAccount(client, { provider: "oidc", account: name })).rejects.toMatchObject({
    status: 400,
  });
});

test("an account elsewhere that has no address gives the rest of it here", async () => {
  const here = browser();
  const client = here.tab();
  const name = someone("nameless-");
  const location = await startProvider(client, { provider: "oidc", callback_url: CALLBACK });
  await round(here, location, name);
  expect(await finishProvider(client)).toEqual({ step: "provider-sign-up" });
  await expect(providerSignUp(client, { email: "no address" })).rejects.toMatchObject({ status: 400 });
  const email = `${name}@example.com`;
  expect(await providerSignUp(client, { email })).toEqual({ step: "verify-email" });
  expect(await client.verifyEmail({ key: await codeFor(email) })).toEqual({ step: "signed-in" });
});

test("a callback that this browser did not begin leads to no session", async () => {
  const here = browser();
  const client = here.tab();
  const location = await startProvider(client, { provider: "oidc", callback_url: CALLBACK });
  const back = await visit(location, someone());
  const victim = browser();
  await opened(victim.cookies, back);
  const page = victim.tab();
  await expect(finishProvider(page)).rejects.toMatchObject({ name: "KeyturnError" });
  expect(signedOut(await page.ready())).toBe(true);
});

test("a page may only be led back to a place of ours", async () => {
  const client = browser().tab();
  for (const callback_url of ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]) {
    await expect(startProvider(client, { provider: "oidc", callback_url })).rejects.toMatchObject({
      status: 400,
    });
  }
  await expect(startProvider(client, { provider: "nobody", callback_url: CALLBACK })).rejects.toMatchObject({
    status: 400,
  });
});

test("an app signs in by the code that its browser is led back with, and links another account", async () => {
  const client = browser().tab({ mode: "bearer" });
  const begun = await beginProviderToken(client, { provider: "oidc", redirect_uri: APP });
  expect(begun.nonce).toMatch(/./);
  const name = someone();
  const back = new URL(await visit(begun.location ?? "", name)).searchParams;
  const token = { code: back.get("code") ?? "", state: back.get("state") ?? "", iss: back.get("iss") ?? "" };
  expect(await finishProviderToken(client, { provider: "oidc", token })).toEqual({ step: "signed-in" });
  await when(client, (session) => signedIn(session));
  await expect(finishProviderToken(client, { provider: "oidc", token })).rejects.toMatchObject({
    name: "KeyturnError",
  });
  expect(await linkedAccounts(client)).toMatchObject([{ uid: name }]);

  const other = someone();
  const second = await beginProviderToken(client, {
    provider: "oidc",
    redirect_uri: APP,
    process: "connect",
  });
  const words = new URL(await visit(second.location ?? "", other)).searchParams;
  const shown = {
    code: words.get("code") ?? "",
    state: words.get("state") ?? "",
    iss: words.get("iss") ?? "",
  };
  expect(await finishProviderToken(client, { provider: "oidc", token: shown })).toEqual({
    step: "signed-in",
  });
  expect((await linkedAccounts(client)).map(({ uid }) => uid).sort()).toEqual([name, other].sort());
});
