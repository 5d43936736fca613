// better-auth on node-postgres: `node server.js PORT WORKERS`, or `node server.js migrate`.
// Sessions are rows; a JWT is made from one by its own plugin. With an update age of 0 every look at a session, unless it
// asks not to, pushes its end: what a refresh does elsewhere.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { Algorithm, hash, verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { bearer, jwt } from "better-auth/plugins";
import pg from "pg";

const [what, workers] = process.argv.slice(2);
const cost = { algorithm: Algorithm.Argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };
// node-postgres reads libpq's variables.
const auth = betterAuth({
  baseURL: `http://127.0.0.1:${what === "migrate" ? 0 : what}`,
  secret: process.env.SECRET_KEY,
  database: new pg.Pool({ max: 8 }),
  emailAndPassword: {
    enabled: true,
    password: { hash: (text) => hash(text, cost), verify: ({ hash: made, password }) => verify(made, password) },
  },
  session: { expiresIn: 172_800, updateAge: 0 },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: "error" },
  plugins: [bearer(), jwt({ disableSettingJwtHeader: true })],
});

if (what === "migrate") {
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  process.exit(0);
}
if (cluster.isPrimary) {
  for (let number = 0; number < Number(workers); number += 1) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  createServer(toNodeHandler(auth)).listen(Number(what), "127.0.0.1");
}
