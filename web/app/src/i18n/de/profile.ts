import type { Words } from "../en";

export const profile: Words["profile"] = {
  title: "Profil",
  about: "Was hier über Sie bekannt ist und wie andere Sie nennen dürfen.",
  since: (date) => `Dabei seit ${date}`,
  names: "Ihr Name",
  namesAbout: "Beides darf leer bleiben.",
  fields: { first_name: "Vorname", last_name: "Nachname" },
  saved: "Gespeichert.",
  nothingChanged: "Es wurde nichts geändert.",
  account: "Konto",
  username: "Benutzername",
  usernameStays: "Damit melden Sie sich an; er bleibt.",
  email: "E-Mail",
  noEmail: "Noch keine",
  confirmed: "Bestätigt",
  unconfirmed: "Nicht bestätigt",
  change: "Ändern",
  add: "Hinzufügen",
  joined: "Mitglied seit",
  id: "Kontonummer",
};
