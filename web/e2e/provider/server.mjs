// A real OpenID provider for tests: oidc-provider, certified, as it comes. `node server.mjs` with, in the environment,
//   PORT          where it listens, on this machine only; its issuer is http://localhost:$PORT
//   REDIRECT_URIS where it may lead browsers back to, separated by spaces
//   CLIENT_ID, CLIENT_SECRET  of its one client (keyturn, and a word); without a secret the client is a public one
// Who signs in is whoever says so: its page asks for a name and takes any password. Of a name it claims
// `<name>@provider.example` as a verified address, of `unverified-…` one that is not, and of `nameless-…` none.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const { PORT, REDIRECT_URIS, CLIENT_ID = "keyturn", CLIENT_SECRET = "a-secret-for-tests-only" } = process.env;
const issuer = `http://localhost:${PORT}`;
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });

const claimed = (name) => ({
  sub: name,
  name: `${name[0].toUpperCase()}${name.slice(1)} Example`,
  preferred_username: name,
  ...(name.startsWith("nameless-")
    ? {}
    : { email: `${name}@provider.example`, email_verified: !name.startsWith("unverified-") }),
});

const provider = new Provider(issuer, {
  claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email", "email_verified"] },
  clients: [
    {
      client_id: CLIENT_ID,
      ...(CLIENT_SECRET ? { client_secret: CLIENT_SECRET } : { token_endpoint_auth_method: "none" }),
      redirect_uris: REDIRECT_URIS.split(" "),
      response_types: ["code"],
      grant_types: ["authorization_code"],
      id_token_signed_response_alg: "ES256",
    },
  ],
  // In the user's claims only, as OpenID Connect Core section 5.4 has it: not in the ID token.
  conformIdTokenClaims: true,
  cookies: { keys: ["a-key-for-tests-only"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_ctx, name) => ({ accountId: name, claims: () => claimed(name) }),
  jwks: { keys: [{ ...key, alg: "ES256", use: "sig", kid: "tests" }] },
  pkce: { required: () => true },
});
provider.on("server_error", (_ctx, error) => console.error(error));
const server = provider.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => server.close(() => process.exit(0)));
