/** Which parts of an account its user may change: whatever `GET /me/` has besides what every account has. */
import type { User } from "@keyturn/client";

const OF_EVERY_ACCOUNT: ReadonlySet<string> = new Set([
  "id",
  "username",
  "email",
  "email_verified",
  "date_joined",
  "has_usable_password",
  "needs",
]);

export interface ProfileField {
  readonly name: string;
  readonly value: string;
}

/**
 * The project says which they are (`PROFILE_FIELDS`): text is changed here, and nothing else can be shown by an app that
 * does not know the project.
 */
export function profileFields(user: User): readonly ProfileField[] {
  return Object.entries(user).flatMap(([name, value]) =>
    !OF_EVERY_ACCOUNT.has(name) && (typeof value === "string" || value === null)
      ? [{ name, value: value ?? "" }]
      : [],
  );
}

/** "Phone number" for `phone_number`: where nobody has words for a field. */
export function plainLabel(name: string): string {
  const spaced = name.replaceAll("_", " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** Only what differs from what is there. */
export function changesOf(
  fields: readonly ProfileField[],
  typed: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const changed = fields.filter(
    ({ name, value }) => typed[name] !== undefined && typed[name].trim() !== value,
  );
  return Object.fromEntries(changed.map(({ name }) => [name, (typed[name] ?? "").trim()]));
}

/** What to call somebody: the names where there are some, else the user name. */
export function displayName(user: User): string {
  const names = [user["first_name"], user["last_name"]].filter((name) => typeof name === "string");
  return names.join(" ").trim() || user.username;
}
