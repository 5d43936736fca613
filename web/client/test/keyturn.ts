/** A real Keyturn server for the suite: its own directory with SQLite, a free port, a clock that tests can move. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

export interface Served {
  /** As "http://127.0.0.1:54321". */
  readonly base: string;
  readonly username: string;
  readonly password: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    keyturn: Served;
  }
}

const PROGRAM =
  process.env["KEYTURN_PROGRAM"] ?? fileURLToPath(new URL("../../../.venv/bin/keyturn", import.meta.url));
const PATIENCE = 60_000;

/** Start it, and tell the tests where it is. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(PROGRAM))
    throw new Error(`There is no ${PROGRAM}: run make setup first, or set KEYTURN_PROGRAM.`);
  const directory = mkdtempSync(join(tmpdir(), "keyturn-client-"));
  const port = await freePort();
  const own = Object.entries(process.env).filter(([name]) => !/^(KEYTURN_|DATABASE_URL|DJANGO_)/.test(name));
  const server = spawn(PROGRAM, ["demo"], {
    cwd: directory,
    env: { ...Object.fromEntries(own), KEYTURN_DATA_DIR: directory, PORT: String(port), KEYTURN_DEBUG: "1" },
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
  project.provide("keyturn", { base, username, password });
  return async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
}

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
