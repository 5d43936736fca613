/** An OpenID provider of a test's own, in a process of its own: e2e/provider/server.mjs. */

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { freePort } from "./process.ts";

const PATIENCE = 180_000;

export interface OpenIdProvider {
  /** Variables of a Keyturn server that signs in with it. */
  readonly variables: Readonly<Record<string, string>>;
  /** What people call it. */
  readonly name: string;
  /** Have it run, and lead back to a server of this address. */
  start(publicUrl: string): Promise<void>;
  stop(): Promise<void>;
}

/** Its port is known before it runs: the server it leads back to has to know its issuer first. */
export async function openProvider(): Promise<OpenIdProvider> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  let child: ChildProcess | null = null;
  return {
    name: "Acme",
    variables: {
      KEYTURN_OIDC_ISSUER: issuer,
      KEYTURN_OIDC_CLIENT_ID: "keyturn",
      KEYTURN_OIDC_CLIENT_SECRET: "a-secret-for-tests-only",
      KEYTURN_OIDC_NAME: "Acme",
    },
    async start(publicUrl) {
      const program = resolve(import.meta.dirname, "../provider/server.mjs");
      let said = "";
      child = spawn(process.execPath, [program], {
        env: {
          ...process.env,
          PORT: String(port),
          REDIRECT_URIS: `${publicUrl}/auth/browser/v1/auth/provider/callback/oidc`,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding("utf8").on("data", (text: string) => {
          said += text;
        });
      const deadline = Date.now() + PATIENCE;
      const answers = () => fetch(`${issuer}/.well-known/openid-configuration`).then((one) => one.ok);
      while (!(await answers().catch(() => false))) {
        if (child.exitCode !== null || Date.now() > deadline)
          throw new Error(`The provider did not start:\n${said}`);
        await new Promise((later) => setTimeout(later, 50));
      }
    },
    async stop() {
      if (child === null || child.exitCode !== null) return;
      const gone = new Promise((done) => child?.once("exit", done));
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** On the provider's own pages: say who one is, and let the server know it. */
export async function signInAtProvider(page: Page, name: string): Promise<void> {
  await page.locator("input[name=login]").fill(name);
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
  await page.locator("form[action$='/confirm'] button, button[autofocus]").first().click();
}
