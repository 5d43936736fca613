// oidc-provider on PostgreSQL: `node server.js PORT WORKERS`, or `node server.js migrate`.
// Opaque access tokens and rotating refresh tokens, as it comes. It has no log-in of its own: a grant for a name and a
// password is added by its own interface for custom grants.
import cluster from "node:cluster";
import { verify } from "@node-rs/argon2";
import Provider, { errors } from "oidc-provider";
import { Adapter, pool, TABLES } from "./adapter.js";

const [what, workers] = process.argv.slice(2);
const CLIENT = "benchmark";
const SCOPE = "offline_access";

const account = async (column, value) => {
  const text = `SELECT id, password FROM account WHERE ${column} = $1`;
  const { rows } = await pool.query({ name: `account-${column}`, text, values: [value] });
  return rows[0];
};

const byPassword = (provider) => async (ctx) => {
  const { username, password } = ctx.oidc.params;
  const found = await account("name", username);
  if (!found || !(await verify(found.password, password))) throw new errors.InvalidGrant("wrong name or password");
  const { client } = ctx.oidc;
  const grant = new provider.Grant({ accountId: found.id, clientId: client.clientId });
  grant.addOIDCScope(SCOPE);
  const common = { accountId: found.id, client, grantId: await grant.save(), gty: "password", scope: SCOPE };
  const [access, refresh] = await Promise.all([
    new provider.AccessToken(common).save(),
    new provider.RefreshToken({ ...common, rotations: 0 }).save(),
  ]);
  ctx.body = { access_token: access, refresh_token: refresh, token_type: "Bearer" };
};

const home = (provider) => async (ctx, next) => {
  if (ctx.path !== "/home") return next();
  const token = await provider.AccessToken.find((ctx.get("authorization").match(/^Bearer (\S+)$/) ?? [])[1] ?? "");
  if (token?.isValid) ctx.body = { message: "Welcome" };
  else ctx.status = 401;
};

const start = (port) => {
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    adapter: Adapter,
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: "none",
        grant_types: ["refresh_token", "password"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    cookies: { keys: [process.env.SECRET_KEY] },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
    },
    findAccount: async (_ctx, id) => {
      const found = await account("id", id);
      return found && { accountId: found.id, claims: () => ({ sub: found.id }) };
    },
    rotateRefreshToken: true,
    scopes: [SCOPE],
  });
  provider.registerGrantType("password", byPassword(provider), ["username", "password"]);
  provider.use(home(provider));
  provider.on("server_error", (_ctx, error) => console.error(error));
  provider.listen(port, "127.0.0.1");
};

if (what === "migrate") {
  await pool.query(TABLES);
  await pool.end();
} else if (cluster.isPrimary) {
  for (let number = 0; number < Number(workers); number += 1) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  start(Number(what));
}
