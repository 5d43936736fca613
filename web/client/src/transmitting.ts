import { originOf } from "./config.js";
import { type Access, type Core, reached } from "./core.js";
import { unreachable } from "./errors.js";
import { keyed } from "./proving.js";

/**
 * Send a request, with the access token, and with a proof where one is called for (RFC 9449). A server that wants its own
 * nonce in the proof, since this device's clock is off, gets it at once.
 *
 * @param sign Whether a proof belongs to it.
 */
export async function transmit(
  core: Core,
  request: Request,
  access: Access | null,
  sign: boolean,
): Promise<Response> {
  // A tab that heard its token from another one has not looked for the key yet.
  if (sign && !core.prover) await keyed(core);
  if (access?.bound && !core.prover) throw unreachable();
  const ours = originOf(request.url) === originOf(core.base);
  const headers = new Headers(request.headers);
  // RFC 6750, or RFC 9449 section 7.1 for a token that is bound to a key.
  if (access) headers.set("Authorization", `${access.bound ? "DPoP" : "Bearer"} ${access.token}`);
  // A page's origin may be one of web clients: who wants the tokens there says so.
  if (ours && core.shared) headers.set("X-Keyturn-Client", core.web ? "web" : "bearer");
  const send = async (proof?: string) => {
    if (proof) headers.set("DPoP", proof);
    const response = await core.send(request.clone(), {
      headers,
      ...(ours && { credentials: core.web ? "include" : "omit" }),
    });
    if (ours && response.status < 500) reached(core, true);
    return response;
  };
  return sign && core.prover ? core.prover.proven(send, request, access?.token) : send();
}
