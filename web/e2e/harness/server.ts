/** A Keyturn server of a test's own: a free port, a directory that is removed afterwards, the demo's users. */

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface Server {
  readonly port: number;
  readonly demo: Account;
  readonly admin: Account;
  /** What it has written so far, on both streams. */
  output(): string;
  stop(): Promise<void>;
}

const ROOT = resolve(import.meta.dirname, "../../..");
/** Milliseconds: on a busy machine the migrations take most of it. */
const PATIENCE = 90_000;

/** The program: of this checkout's environment unless `KEYTURN_PROGRAM` names another. */
const program = process.env["KEYTURN_PROGRAM"] ?? join(ROOT, ".venv/bin/keyturn");

/**
 * Start one and wait until it answers.
 *
 * @param environment variables on top of a development server's; those named KEYTURN_* of this process are not passed on.
 */
export async function startServer(environment: Readonly<Record<string, string>>): Promise<Server> {
  const data = await mkdtemp(join(tmpdir(), "keyturn-e2e-"));
  const port = await freePort();
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(KEYTURN_|DATABASE_URL$|DJANGO_)/.test(name),
  );
  const child = spawn(program, ["demo", "--threads", "4"], {
    cwd: data,
    env: { ...Object.fromEntries(inherited), KEYTURN_DATA_DIR: data, PORT: String(port), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let ended: number | null = null;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const gone = new Promise<void>((done) => {
    child.on("exit", (code) => {
      ended = code ?? 1;
      done();
    });
    child.on("error", (error) => {
      output += String(error);
      ended = 1;
      done();
    });
  });
  const kill = () => child.kill("SIGTERM");
  process.once("exit", kill);

  async function stop(): Promise<void> {
    process.off("exit", kill);
    if (ended === null) kill();
    await gone;
    await rm(data, { recursive: true, force: true });
  }

  const deadline = Date.now() + PATIENCE;
  while (!(await answers(port))) {
    if (ended !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`The server did not start (${program}):\n${output}`);
    }
    await new Promise((later) => setTimeout(later, 50));
  }
  const [demo, admin] = [account("demo", output), account("admin", output)];
  return { port, demo, admin, output: () => output, stop };
}

/** A demo user's password is made at the first start, and printed. */
function account(username: string, output: string): Account {
  const password = new RegExp(`^ +${username} +(\\S+) `, "m").exec(output)?.[1];
  if (!password) throw new Error(`The server did not print ${username}'s password:\n${output}`);
  return { username, password };
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/live/`)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.on("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}
