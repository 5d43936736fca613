/** What an event of the trail means to the reader: how much it matters, and which picture stands before it. */
import type { IconName } from "../../design";

/** Good news, a plain fact, worth a look, or a reason to act. */
export type Tone = "good" | "plain" | "notice" | "alarm";

export interface Meaning {
  readonly tone: Tone;
  readonly icon: IconName;
}

const OTHER: Meaning = { tone: "plain", icon: "activity" };

/** By `event` of `GET /me/activity/`; the words never change their meaning, and new ones may come. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  login: { tone: "good", icon: "enter" },
  login_failed: { tone: "notice", icon: "blocked" },
  login_blocked: { tone: "alarm", icon: "blocked" },
  session_revoked: { tone: "plain", icon: "leave" },
  refresh_reused: { tone: "alarm", icon: "warning" },
  sign_up: { tone: "good", icon: "user" },
  email_added: { tone: "plain", icon: "mail" },
  email_verified: { tone: "good", icon: "mail" },
  email_changed: { tone: "notice", icon: "mail" },
  email_removed: { tone: "notice", icon: "mail" },
  password_changed: { tone: "notice", icon: "key" },
  password_reset_requested: { tone: "notice", icon: "key" },
  password_reset: { tone: "notice", icon: "key" },
  password_reset_required: { tone: "notice", icon: "key" },
  reauthenticated: { tone: "plain", icon: "shield" },
  reauthentication_failed: { tone: "notice", icon: "blocked" },
  code_rejected: { tone: "notice", icon: "blocked" },
  sign_in_mail_requested: { tone: "plain", icon: "mail" },
  factor_asked: { tone: "plain", icon: "shield" },
  factor_added: { tone: "good", icon: "shield" },
  factor_removed: { tone: "notice", icon: "shield" },
  recovery_code_used: { tone: "notice", icon: "lock" },
  passkey_renamed: { tone: "plain", icon: "passkey" },
  passkey_copied: { tone: "alarm", icon: "passkey" },
  device_trusted: { tone: "plain", icon: "computer" },
  device_forgotten: { tone: "plain", icon: "computer" },
  provider_linked: { tone: "good", icon: "link" },
  provider_unlinked: { tone: "notice", icon: "link" },
  provider_refused: { tone: "notice", icon: "link" },
  profile_changed: { tone: "plain", icon: "pencil" },
  data_exported: { tone: "plain", icon: "download" },
  account_deactivated: { tone: "notice", icon: "user" },
  account_reactivated: { tone: "plain", icon: "user" },
  unlocked: { tone: "plain", icon: "lock" },
  impersonated: { tone: "notice", icon: "user" },
  admin_action: { tone: "notice", icon: "gear" },
};

/** What a word of the trail means; a word that nobody knows is a plain fact. */
export function meaningOf(event: string): Meaning {
  return (Object.hasOwn(MEANINGS, event) ? MEANINGS[event] : undefined) ?? OTHER;
}
