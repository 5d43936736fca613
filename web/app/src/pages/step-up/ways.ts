/** The ways to show once more who one is, of those that the server takes. */
import { canUsePasskeys } from "@keyturn/client/factors";
import { config } from "../../config";

const WAYS = ["webauthn", "password", "totp", "mail_code", "recovery_codes"] as const;
export type Way = (typeof WAYS)[number];

/** The easiest first; a recovery code, of which there are few, last. */
export function waysOf(
  methods: readonly string[],
  passkeys = config.passkeys && canUsePasskeys(),
): readonly Way[] {
  return WAYS.filter((way) => methods.includes(way) && (way !== "webauthn" || passkeys));
}
