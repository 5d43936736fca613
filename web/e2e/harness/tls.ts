/** A server in production that speaks TLS itself, with a certificate that is made for it and for a day. */

import { randomBytes } from "node:crypto";
import { get } from "node:https";
import { join } from "node:path";
import { freePort, newDirectory, python, runToEnd, type Serving, serve } from "./process.ts";
import type { Account } from "./server.ts";

export interface TlsServer extends Serving {
  /** Where the browser goes: `https://localhost:<port>`. */
  readonly origin: string;
  readonly account: Account;
}

/** Nobody has signed it but itself: a browser has to be told to put up with that. */
const CERTIFICATE = `
from datetime import UTC, datetime, timedelta
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as form
from cryptography.hazmat.primitives.asymmetric import ec
key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
now = datetime.now(UTC)
made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
made = made.not_valid_after(now + timedelta(days=1))
made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
open("certificate.pem", "wb").write(made.sign(key, hashes.SHA256()).public_bytes(form.Encoding.PEM))
open("key.pem", "wb").write(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
`;

/** Start one, with one account in it. */
export async function startTlsServer(): Promise<TlsServer> {
  const [directory, port] = [await newDirectory(), await freePort()];
  const origin = `https://localhost:${port}`;
  const account = { username: "jo", password: randomBytes(12).toString("base64url") };
  const variables = {
    KEYTURN_DATA_DIR: directory,
    KEYTURN_SECRET_KEY: randomBytes(48).toString("base64url"),
    KEYTURN_PUBLIC_URL: origin,
    DJANGO_SUPERUSER_PASSWORD: account.password,
  };
  await runToEnd(["-c", CERTIFICATE], { directory, command: python });
  await runToEnd(["migrate", "--verbosity=0"], { directory, variables });
  const person = ["--noinput", "--username", account.username, "--email", "jo@example.com"];
  await runToEnd(["createsuperuser", ...person], { directory, variables });
  const [certificate, key] = [join(directory, "certificate.pem"), join(directory, "key.pem")];
  const files = ["--tls-certificate", certificate, "--tls-key", key];
  const serving = await serve(["serve", "--port", String(port), "--threads", "4", ...files], {
    directory,
    variables,
    answers: () => answers(port),
  });
  return { ...serving, origin, account };
}

function answers(port: number): Promise<boolean> {
  return new Promise((done, failed) => {
    const asked = get(
      { host: "localhost", port, path: "/health/live/", rejectUnauthorized: false },
      (answer) => {
        answer.resume();
        done(answer.statusCode === 200);
      },
    );
    asked.on("error", failed);
  });
}
