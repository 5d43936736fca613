import type { SignOutReason, User } from "./types.js";

/** What tabs tell each other. Only pages of this origin can hear it. */
export type Message =
  /** Who knows a token? */
  | { readonly kind: "ask" }
  /** Here is one, so many milliseconds old; and, without cookies and storage, its refresh token. */
  | {
      readonly kind: "token";
      readonly token: string;
      readonly age: number;
      readonly sent: number;
      readonly user: User | null | undefined;
      readonly refresh: string | null | undefined;
    }
  /** A refresh got no answer: nobody need try for so many milliseconds. */
  | { readonly kind: "lost"; readonly wait: number; readonly retry: string | 0 | undefined }
  /** The session with this id has ended. */
  | { readonly kind: "out"; readonly sid: string; readonly reason: SignOutReason };

/** Hears what another tab says. */
export type Hear = (event: { readonly data: Message }) => void;

/** Says something to the other tabs. */
export type Tell = (message: Message) => void;

/**
 * Talk with the other tabs; with nobody where `BroadcastChannel` is missing or forbidden.
 *
 * @param endings Where to leave what ends it.
 */
export function channel(name: string, hear: Hear, endings: (() => void)[]): Tell {
  try {
    const line = new BroadcastChannel(name);
    line.onmessage = hear;
    // In Node an open channel would keep the process from ending.
    (line as { unref?: () => void }).unref?.();
    endings.push(() => line.close());
    return (message) => {
      try {
        line.postMessage(message);
      } catch {
        // Closed meanwhile.
      }
    };
  } catch {
    return () => {};
  }
}
