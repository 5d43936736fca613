// An Express service that lets Keyturn's users in: by middleware.

import express from "express";

import { BadProof } from "./dpop.js";
import { Refused, requireAuthentication, Unavailable, Verifier } from "./keyturn.js";

const verifier = new Verifier({
  issuer: process.env.AUTH_ISSUER,
  audience: process.env.AUTH_AUDIENCE,
  clientId: process.env.AUTH_CLIENT_ID,
  clientSecret: process.env.AUTH_CLIENT_SECRET,
});

// Lets a request in only with a good access token, whose claims are then req.claims.
async function signedIn(req, res, next) {
  const [scheme, token, ...rest] = (req.get("Authorization") ?? "").trim().split(/\s+/);
  if (!/^(bearer|dpop)$/i.test(scheme)) {
    res.set("WWW-Authenticate", 'Bearer realm="api"');
    return res
      .status(401)
      .json({ detail: "Authentication credentials were not provided.", code: "not_authenticated" });
  }
  if (!token || rest.length > 0) throw new Refused("malformed");
  const url = `${req.protocol}://${req.get("Host")}${req.originalUrl}`;
  const byDpop = scheme.toLowerCase() === "dpop";
  req.claims = await verifier.verify(token, { byDpop, proof: req.get("DPoP"), method: req.method, url });
  next();
}

// The same, for what must not be done with a session alone: of a user who proved so lately who they are.
const proved = (wanted) => [
  signedIn,
  (req, res, next) => {
    requireAuthentication(req.claims, wanted);
    next();
  },
];

// The names this service is known by: a proof names its URL, and whoever calls writes the Host header.
const HOSTS = ["localhost", "127.0.0.1"];

const app = express();
app.disable("x-powered-by");

app.use((req, res, next) => {
  if (HOSTS.includes(req.hostname)) return next();
  res.status(400).json({ detail: "This service does not answer for that host name.", code: "bad_host" });
});

app.get("/", (req, res) => res.json({ service: "orders" }));

app.get("/me", signedIn, (req, res) => {
  const { sub, sid, exp } = req.claims;
  res.json({ user: sub, session: sid, expires: new Date(exp * 1000).toISOString() });
});

// Nobody cancels an order who has only found an open laptop.
app.post("/cancel", proved({ maxAge: 300 }), (req, res) => res.json({ cancelled_by: req.claims.sub }));

// Nor does a password alone say where the money goes.
app.post("/bank-account", proved({ maxAge: 300, acr: "2fa" }), (req, res) => res.json({ changed_by: req.claims.sub }));

app.get("/health", (req, res) => {
  const status = verifier.status();
  res.status(status.ready ? 200 : 503).json(status);
});

// 401 with the reason, or 503 where nothing can be decided; why, is in the log.
app.use((error, req, res, next) => {
  const challenge = /^dpop /i.test(req.get("Authorization")) ? 'DPoP realm="api", algs="ES256"' : 'Bearer realm="api"';
  if (error instanceof BadProof) {
    res.set("WWW-Authenticate", `${challenge}, error="${error.code}"`);
    if (error.nonce) res.set({ "DPoP-Nonce": error.nonce, "Cache-Control": "no-store" });
    res.status(401).json({ detail: error.message, code: error.code });
  } else if (error instanceof Refused && error.reason === "reauthentication_required") {
    const told = Object.entries(error.told).map(([name, value]) => `, ${name}="${value}"`);
    res.set("WWW-Authenticate", `${challenge}, error="insufficient_user_authentication"${told.join("")}`);
    const { reason } = error;
    res.status(401).json({ detail: "Prove once more who you are, then try again.", code: reason, reason, ...error.told });
  } else if (error instanceof Refused) {
    res.set("WWW-Authenticate", `${challenge}, error="invalid_token", error_description="${error.reason}"`);
    res.status(401).json({ detail: "Token is invalid", code: "token_not_valid", reason: error.reason });
  } else if (error instanceof Unavailable) {
    console.warn(error.message);
    res.set("Retry-After", "1");
    res.status(503).json({ detail: "Temporarily unavailable, try again.", code: "unavailable" });
  } else {
    next(error);
  }
});

await verifier.start();
const port = Number(process.env.PORT || 8004);
const server = app.listen(port, "127.0.0.1", (error) => {
  if (error) throw error;
  console.log(`Serving http://127.0.0.1:${port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    verifier.stop();
    server.close();
    server.closeAllConnections();
  });
}
