/** A server that wants to know once more who somebody is. */
import type { KeyturnClient } from "../src/types.js";
import { type Browser, demo, type Rule, when } from "./browser.js";

export const known = (session: { status: string; user?: unknown }) =>
  session.status === "signed-in" && Boolean(session.user);

interface Wanted {
  readonly max_age?: number;
  readonly acr_values?: string;
}

/** A server whose /home/, /me/ and /account/… want a proof; whoever shows the code 123456 or a password has given it. */
export function strict(wanted: (path: string) => Wanted | null): Rule {
  const fresh = new Set<string>();
  let last = "";
  return async (request, send) => {
    const { pathname: path } = new URL(request.url);
    const shown = request.headers.get("Authorization")?.replace(/^\w+ /, "") ?? "";
    if (/reauthenticate$/.test(path)) {
      const { code, password } = (await request.clone().json()) as { code?: string; password?: string };
      if (code ? code !== "123456" : password !== "right")
        return told(400, { code: "wrong_code", reason: "wrong_code", detail: "No." });
      last = raised(shown || last, code ? "2fa" : "1fa", fresh.size);
      fresh.add(last);
      return told(200, { status: 200, meta: { is_authenticated: true, access_token: last } });
    }
    const want = wanted(path);
    if (!want) return send();
    const { acr } = payloadOf(shown);
    if (!fresh.has(shown) || (want.acr_values && want.acr_values !== acr)) {
      const methods = want.acr_values ? ["totp", "recovery_codes"] : ["password"];
      const body = {
        code: "reauthentication_required",
        reason: "reauthentication_required",
        detail: "Again.",
      };
      return told(401, { ...body, ...want, methods, meta: { is_authenticated: true } });
    }
    return told(200, { status: 200, data: [], path, body: await request.clone().text() });
  };
}

export const told = (status: number, body: object): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

const payloadOf = (token: string): Record<string, unknown> => {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  } catch {
    return {};
  }
};

/** The same token after a proof: of this second, and as strong as that. */
function raised(token: string, acr: string, count: number): string {
  const iat = Math.floor(Date.now() / 1000);
  const payload = { ...payloadOf(token), iat, exp: iat + 300, auth_time: iat, acr, count };
  return `e30.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.c2ln`;
}

export async function somebodyIn(here: Browser, client: KeyturnClient): Promise<void> {
  await client.signIn(demo);
  await when(client, known);
  here.sent.length = 0;
}

export const only =
  (pattern: RegExp, want: Wanted = { max_age: 300 }) =>
  (path: string) =>
    pattern.test(path) ? want : null;
