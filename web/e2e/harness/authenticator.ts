/** A device with passkeys, as the browser sees one: Chromium's virtual authenticator (WebAuthn Level 3, section 11). */

import type { CDPSession, Page } from "@playwright/test";

export interface Authenticator {
  /** Whether somebody presses it when it is asked: while nobody does, every request waits. */
  present(somebody: boolean): Promise<void>;
  /** Whether its user shows a finger or a face, and not only that somebody is there. */
  verified(itsUser: boolean): Promise<void>;
  /** How many passkeys it holds. */
  count(): Promise<number>;
  /** Set its passkeys' counters back, as a copy's would be. */
  rewind(): Promise<void>;
  remove(): Promise<void>;
}

interface Credential {
  readonly credentialId: string;
  readonly signCount: number;
}

/**
 * Give a page one, built into its device. It is pressed as soon as it is asked.
 *
 * @param autofill whether pages may offer passkeys in a form's autofill, where this one answers at once. Else a passkey is
 *   shown by a button only.
 */
export async function openAuthenticator(page: Page, autofill = false): Promise<Authenticator> {
  if (!autofill)
    await page.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
    });
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const credentials = async (): Promise<readonly Credential[]> =>
    (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  return {
    present: async (enabled) => {
      await session.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
    },
    verified: async (isUserVerified) => {
      await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    },
    count: async () => (await credentials()).length,
    async rewind() {
      for (const credential of (await session.send("WebAuthn.getCredentials", { authenticatorId }))
        .credentials) {
        const { credentialId } = credential;
        await session.send("WebAuthn.removeCredential", { authenticatorId, credentialId });
        await session.send("WebAuthn.addCredential", {
          authenticatorId,
          credential: { ...credential, signCount: 0 },
        });
      }
    },
    remove: async () => {
      await session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
      await session.detach();
    },
  };
}
