/** Which second factors a sign-in may show, of those that the server names. */

/** A kind of code that is typed. */
export type Kind = "app" | "recovery";

interface Kinds {
  readonly passkey: boolean;
  /** The kinds of codes, the usual one first. */
  readonly kinds: readonly Kind[];
}

/**
 * @param methods the server's words; undefined where they are not known any more, since the page was opened by itself.
 * @param canUsePasskeys whether this browser can show one.
 */
export function kindsOf(methods: readonly string[] | undefined, canUsePasskeys: boolean): Kinds {
  const known = methods ?? ["webauthn", "totp", "recovery_codes"];
  const kinds: Kind[] = [];
  if (known.includes("totp")) kinds.push("app");
  if (known.includes("recovery_codes")) kinds.push("recovery");
  const passkey = known.includes("webauthn") && canUsePasskeys;
  // Something can always be typed: a server may know more than it says, and this browser less than is needed.
  return { passkey, kinds: kinds.length > 0 || passkey ? kinds : ["app", "recovery"] };
}

/** Which words say what is to be done. */
export function aboutOf(
  passkey: boolean,
  kind: Kind | null,
): "aboutBoth" | "aboutPasskey" | "aboutCode" | "aboutRecovery" {
  if (passkey) return kind === "app" ? "aboutBoth" : "aboutPasskey";
  return kind === "recovery" ? "aboutRecovery" : "aboutCode";
}
