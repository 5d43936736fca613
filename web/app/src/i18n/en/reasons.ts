import type { SignOutReason } from "@keyturn/client";

interface Told {
  readonly title: string;
  readonly text: string;
}

/** Why nobody is signed in any more, to the person whose session it was. */
const reasonsOf = {
  signed_out: { title: "You are signed out", text: "See you soon." },
  session_revoked: {
    title: "This session was ended",
    text: "Somebody ended it: you, from another device or by signing out everywhere, or an administrator.",
  },
  session_expired: {
    title: "You were away for a long time",
    text: "Sessions that nobody uses come to an end. Sign in to go on.",
  },
  expired: {
    title: "You were away for a long time",
    text: "Sessions that nobody uses come to an end. Sign in to go on.",
  },
  refresh_reused: {
    title: "We ended this session to protect you",
    text: "Its key was used in two places, and one of them may not be yours. Sign in again; if you do not know why this happened, change your password then.",
  },
  password_changed: {
    title: "The password was changed",
    text: "That signs out every device. Sign in with the new password. If it was not you, reset it at once.",
  },
  user_inactive: {
    title: "This account is switched off",
    text: "An administrator has deactivated it. They can tell you more.",
  },
  user_not_found: { title: "This account is gone", text: "It was deleted, and everything in it with it." },
  not_recognised: {
    title: "The server does not know this session",
    text: "It may have been set up anew. Sign in to go on.",
  },
} satisfies Record<Exclude<SignOutReason, "refresh_missing">, Told>;

export const reasons: Readonly<Record<keyof typeof reasonsOf, Told>> = reasonsOf;
