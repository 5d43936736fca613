/** A service of somebody else's, which takes Keyturn's tokens: the example for FastAPI, as its README starts it. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { served } from "./browser.js";
import { clean, PROGRAM } from "./keyturn.js";

const EXAMPLE = fileURLToPath(new URL("../../../examples/fastapi/run", import.meta.url));
/** Milliseconds. */
const PATIENCE = 60_000;

export interface Service {
  /** As "http://127.0.0.1:54321". */
  readonly origin: string;
  stop(): Promise<void>;
}

/** The service, running. */
export async function service(): Promise<Service> {
  const scopes = ["--scope", "revocations", "--scope", "introspect"];
  const made = await promisify(execFile)(PROGRAM, ["clients", "create", "orders", ...scopes], {
    env: { ...clean(), ...served.environment },
  });
  const [id = "", secret = ""] = ["client_id", "client_secret"].map(
    (name) => new RegExp(`^${name}=(\\S+)$`, "m").exec(made.stdout)?.[1],
  );
  const issuer = served.base.replace("127.0.0.1", "localhost");
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const child = spawn(EXAMPLE, [], {
    env: {
      ...clean(),
      PYTHON: join(dirname(PROGRAM), "python"),
      PORT: String(port),
      AUTH_ISSUER: issuer,
      // What tokens of a server that is told nothing else are for.
      AUTH_AUDIENCE: issuer,
      AUTH_CLIENT_ID: id,
      AUTH_CLIENT_SECRET: secret,
    },
    stdio: "ignore",
  });
  const answers = () =>
    fetch(`${origin}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
  for (const began = Date.now(); !(await answers()); ) {
    if (child.exitCode !== null || Date.now() - began > PATIENCE) throw new Error("no service started");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    origin,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address ? address.port : 0;
}
