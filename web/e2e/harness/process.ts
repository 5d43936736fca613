/** Keyturn's program, run by a test. */

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../../..");
/** Milliseconds: on a machine where several start at once the migrations take most of it. */
const PATIENCE = 240_000;

/** The program: of this checkout's environment unless `KEYTURN_PROGRAM` names another. */
const program = process.env["KEYTURN_PROGRAM"] ?? join(ROOT, ".venv/bin/keyturn");

/** The interpreter that the program runs in. */
export const python = join(dirname(program), "python");

type Variables = Readonly<Record<string, string>>;

/** @returns this process's variables but for Keyturn's own, and these. */
function environmentOf(variables: Variables): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(KEYTURN_|DATABASE_URL$|DJANGO_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...variables };
}

/** A directory of a test's own, for a server's data. */
export const newDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), "keyturn-e2e-"));

/** @throws Error with what it said, where it does not end with 0. */
export function runToEnd(
  words: readonly string[],
  options: { readonly directory: string; readonly variables?: Variables; readonly command?: string },
): Promise<void> {
  const { directory, variables = {}, command = program } = options;
  const child = spawn(command, words, {
    cwd: directory,
    env: environmentOf(variables),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("exit", (code) => {
      if (code === 0) done();
      else failed(new Error(`${command} ${words.join(" ")} ended with ${code}:\n${output}`));
    });
  });
}

export interface Serving {
  /** What it has written so far, on both streams. */
  output(): string;
  /** End it and remove its directory. */
  stop(): Promise<void>;
}

/**
 * Start a server, and wait until it answers.
 *
 * @param answers whether it does.
 * @throws Error with what it said, where it ends or does not answer in time.
 */
export async function serve(
  words: readonly string[],
  options: {
    readonly directory: string;
    readonly variables: Variables;
    readonly answers: () => Promise<boolean>;
  },
): Promise<Serving> {
  const { directory, variables, answers } = options;
  const child = spawn(program, words, {
    cwd: directory,
    env: environmentOf({ KEYTURN_DATA_DIR: directory, ...variables }),
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
    await rm(directory, { recursive: true, force: true });
  }

  const deadline = Date.now() + PATIENCE;
  while (!(await answers().catch(() => false))) {
    if (ended !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`The server did not start (${program}):\n${output}`);
    }
    await new Promise((later) => setTimeout(later, 50));
  }
  return { output: () => output, stop };
}

export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.on("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => done(port));
    });
  });
}
