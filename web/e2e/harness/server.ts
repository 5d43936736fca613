/** A Keyturn server of a test's own: a free port, a directory that is removed afterwards, the demo's users. */

import { freePort, newDirectory, type Serving, serve } from "./process.ts";

export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface Server extends Serving {
  readonly port: number;
  readonly demo: Account;
  readonly admin: Account;
}

/**
 * Start one and wait until it answers.
 *
 * @param environment variables on top of a development server's; those named KEYTURN_* of this process are not passed on.
 */
export async function startServer(environment: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort();
  const serving = await serve(["demo", "--threads", "4"], {
    directory: await newDirectory(),
    variables: { PORT: String(port), ...environment },
    answers: async () => (await fetch(`http://127.0.0.1:${port}/health/live/`)).ok,
  });
  const [demo, admin] = [account("demo", serving.output()), account("admin", serving.output())];
  return { ...serving, port, demo, admin };
}

/** A demo user's password is made at the first start, and printed. */
function account(username: string, output: string): Account {
  const password = new RegExp(`^ +${username} +(\\S+) `, "m").exec(output)?.[1];
  if (!password) throw new Error(`The server did not print ${username}'s password:\n${output}`);
  return { username, password };
}
