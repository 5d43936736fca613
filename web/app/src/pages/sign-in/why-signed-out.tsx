import type { SignOutReason } from "@keyturn/client";
import type { ReactNode } from "react";
import { Notice, type Tone } from "../../design";
import { useBasicWords } from "../../i18n";

const TONES: Partial<Record<SignOutReason, Tone>> = {
  signed_out: "good",
  refresh_reused: "bad",
  password_changed: "warn",
  session_revoked: "warn",
  user_inactive: "warn",
};

/** Why the session ended, in words; nothing for a first visit. */
export function WhySignedOut({ reason }: { readonly reason: SignOutReason | null }): ReactNode {
  const { reasons } = useBasicWords();
  if (reason === null || reason === "refresh_missing") return null;
  const told = reasons[reason];
  return (
    <Notice
      tone={TONES[reason] ?? "info"}
      role={TONES[reason] === "bad" ? "alert" : "status"}
      title={told.title}
    >
      {told.text}
    </Notice>
  );
}
