import { coreOf } from "../client.js";
import type { KeyturnClient, Step } from "../types.js";
import { flowData, posted } from "./onward.js";

/** Have a code and a link mailed to sign in with. The answer is the same for an address that nobody has. */
export const mailSignInCode = (client: KeyturnClient, address: { readonly email: string }): Promise<Step> =>
  posted(coreOf(client), "/auth/code/request", address);

/** Send another mail. The code and the link of the one before are good no longer. */
export async function resendSignInCode(client: KeyturnClient): Promise<void> {
  await flowData(coreOf(client), "POST", "/auth/code/resend");
}

/** Show the mail's code, where it was asked for. */
export const signInWithMailCode = (client: KeyturnClient, proof: { readonly code: string }): Promise<Step> =>
  posted(coreOf(client), "/auth/code/confirm", proof);

/**
 * Use the mail's link, anywhere. Call it when the user presses a button, not when the page opens: programs that look at
 * mails open pages too.
 */
export const signInWithMailLink = (client: KeyturnClient, proof: { readonly key: string }): Promise<Step> =>
  posted(coreOf(client), "/auth/code/link", proof);
