/** Accounts for tests that change theirs. */
import { browser, served } from "./browser.js";

let count = 0;

/** Somebody new, signed up and confirmed. */
export async function somebody(): Promise<{ username: string; password: string }> {
  const username = `jo${process.pid}x${++count}`;
  const person = { username, email: `${username}@example.com`, password: "a long sentence of one's own" };
  const client = browser(served.base).tab({ mode: "bearer" });
  await client.signUp(person);
  await client.verifyEmail({ key: await codeFor(person.email) });
  await client.signOut();
  client.close();
  return { username, password: person.password };
}

/** The newest code that was mailed to this address; waits for it. */
export async function codeFor(email: string, not = ""): Promise<string> {
  for (const began = performance.now(); performance.now() - began < 60_000; ) {
    const answer = await fetch(`${served.base}/dev/inbox/latest/?to=${encodeURIComponent(email)}`);
    const [code] = /\b[A-Z0-9]{4}-[A-Z0-9]{4}\b/.exec(answer.ok ? await answer.text() : "") ?? [];
    if (code && code !== not) return code;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no code came for ${email}`);
}

/** The key of the link in the newest mail to this address. */
export async function keyOfLinkFor(email: string): Promise<string> {
  const answer = await fetch(`${served.base}/dev/inbox/latest/?to=${encodeURIComponent(email)}`);
  const [, key] = /[?&#]key=([\w.:~-]+)/.exec(await answer.text()) ?? [];
  if (!key) throw new Error(`no link came for ${email}`);
  return decodeURIComponent(key);
}
