/** A real Keyturn server for the suite: its own directory with SQLite, a free port, a clock that tests can move. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

export interface Served {
  /** As "http://127.0.0.1:54321". */
  readonly base: string;
  readonly username: string;
  readonly password: string;
  /** The port of an OpenID provider that the server knows as "oidc"; a test that needs it starts it there. */
  readonly providerPort: number;
  /** What the server runs with: for `manage`. */
  readonly environment: Readonly<Record<string, string>>;
}

declare module "vitest" {
  export interface ProvidedContext {
    keyturn: Served;
  }
}

export const PROGRAM =
  process.env["KEYTURN_PROGRAM"] ?? fileURLToPath(new URL("../../../.venv/bin/keyturn", import.meta.url));
/** Milliseconds: on a busy machine the migrations take most of it. */
const PATIENCE = 240_000;

/** Start it, and tell the tests where it is. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(PROGRAM))
    throw new Error(`There is no ${PROGRAM}: run make setup first, or set KEYTURN_PROGRAM.`);
  const directory = mkdtempSync(join(tmpdir(), "keyturn-client-"));
  const [port, providerPort] = [await freePort(), await freePort()];
  const environment = {
    KEYTURN_DATA_DIR: directory,
    PORT: String(port),
    KEYTURN_DEBUG: "1",
    KEYTURN_SIGN_IN_BY_MAIL: "1",
    KEYTURN_FACTOR_REQUIRED_OF: "staff",
    // All tests are one address, and they are many.
    KEYTURN_LIMITS: "sign_up_address=1000/1h,mail_address=1000/1h,code_address=1000/10m",
    KEYTURN_OIDC_ISSUER: `http://localhost:${providerPort}`,
    KEYTURN_OIDC_CLIENT_ID: "keyturn",
    KEYTURN_OIDC_CLIENT_SECRET: "a-secret-for-tests-only",
    KEYTURN_OIDC_NAME: "Example",
    KEYTURN_APP_REDIRECT_URIS: "oidc=https://app.example.com/back",
  };
  const server = spawn(PROGRAM, ["demo"], {
    cwd: directory,
    env: { ...clean(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  server.stdout.on("data", (text) => {
    said += text;
  });
  server.stderr.on("data", (text) => {
    said += text;
  });
  const base = `http://127.0.0.1:${port}`;
  await until(
    async () => (await fetch(`${base}/health/ready/`)).ok,
    server,
    () => said,
  );
  const [, username = "", password = ""] = /^ {2}(demo)\s+(\S+)/m.exec(said) ?? [];
  project.provide("keyturn", { base, username, password, providerPort, environment });
  return async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
}

/** Run a management command beside the server. */
export async function manage(served: Served, ...words: readonly string[]): Promise<void> {
  await promisify(execFile)(PROGRAM, [...words], { env: { ...clean(), ...served.environment } });
}

/** This process's environment, without what would configure a server. */
export const clean = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(KEYTURN_|DATABASE_URL|DJANGO_)/.test(name)),
  );

async function until(ready: () => Promise<boolean>, server: ChildProcess, said: () => string): Promise<void> {
  for (const began = Date.now(); Date.now() - began < PATIENCE; ) {
    if (server.exitCode !== null) break;
    if (await ready().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  server.kill();
  throw new Error(`The server did not start:\n${said()}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
