import type { Words } from "../en";

export const problems: Words["problems"] = {
  field: {
    required: "Füllen Sie das aus.",
    invalid: "Das kann nicht stimmen.",
    blank: "Füllen Sie das aus.",
    max_length: "Das ist zu lang.",
    null_characters_not_allowed: "Darin ist ein Zeichen, das nicht geht.",
    incorrect_code: "Das ist nicht der Code, oder nicht der neueste.",
    incorrect_password: "Das Passwort ist falsch.",
    bad_credentials: "Dieser Name und dieses Passwort gehören nicht zusammen.",
    username_password_mismatch: "Dieser Name und dieses Passwort gehören nicht zusammen.",
    email_password_mismatch: "Diese Adresse und dieses Passwort gehören nicht zusammen.",
    invalid_login: "Nennen Sie einen Benutzernamen oder eine E-Mail-Adresse.",
    enter_current_password: "Das Passwort ist falsch.",
    wrong_password: "Das Passwort ist falsch.",
    username_taken: "Diesen Namen hat schon jemand.",
    username_invalid:
      "Es gehen nur Buchstaben, Ziffern und . _ - +, mit mindestens einem Buchstaben oder einer Ziffer.",
    username_blacklisted: "Dieser Name wird nicht vergeben.",
    email_taken: "Diese Adresse hat ein anderes Konto.",
    duplicate_email: "Das ist schon Ihre Adresse.",
    same_as_current: "Das ist dasselbe wie vorher.",
    password_too_short: "Nehmen Sie mindestens 8 Zeichen.",
    password_too_long: "Dieses Passwort ist zu lang.",
    password_characters: "In diesem Passwort ist ein Zeichen, das man nicht tippen kann.",
    password_too_similar: "Das ist Ihrem Namen oder Ihrer Adresse zu ähnlich.",
    password_too_common:
      "Viele nehmen dieses Passwort, und Diebe probieren es zuerst. Wählen Sie ein anderes.",
    password_entirely_numeric: "Nur Ziffern sind zu leicht zu erraten.",
  },
  form: {
    bad_credentials: "Dieser Name und dieses Passwort gehören nicht zusammen.",
    email_not_verified: "Bestätigen Sie zuerst Ihre E-Mail-Adresse.",
    password_reset_required: "Vor der Anmeldung ist ein neues Passwort nötig: wählen Sie „Vergessen?“.",
    mail_unavailable: "Der Server kann gerade keine E-Mail senden, und die ist hier nötig.",
    sign_up_closed: "Im Augenblick kann sich hier niemand ein Konto machen.",
    incorrect_code: "Das ist nicht der Code, oder nicht der neueste.",
    link_invalid:
      "Dieser Link gilt nicht. Vielleicht ist er abgeschnitten: Kopieren Sie ihn ganz aus der E-Mail.",
    link_expired: "Dieser Link ist zu alt. Fordern Sie einen neuen an.",
    link_used: "Dieser Link wurde schon benutzt.",
    link_outdated: "Ihr Konto hat sich geändert, seit er gesendet wurde. Fordern Sie einen neuen an.",
    email_taken: "Diese Adresse gehört inzwischen einem anderen Konto.",
    conflict: "Hier geht es nicht mehr weiter. Beginnen Sie von vorn.",
    flow_ended: "Es hat zu lange gedauert, oder zu viele Codes waren falsch. Beginnen Sie von vorn.",
    origin_refused: "Der Server hält diese Seite nicht für eine von seinen.",
    impersonated: "Wer für jemand anderen handelt, kann das nicht tun.",
    passkey_invalid: "Dieser Passkey ist hier nicht bekannt, oder es ist zu lange her. Noch einmal, bitte.",
    passkey_copied:
      "Dieser Passkey wurde wohl kopiert und gilt deshalb nicht. Entfernen Sie ihn und legen Sie einen neuen an.",
    provider_unavailable: "Der andere Dienst ist gerade nicht erreichbar. Versuchen Sie es bald wieder.",
    mfa_required: "Ein zweiter Faktor ist nötig.",
    request_timeout: "Die Verbindung war dafür zu langsam. Versuchen Sie es noch einmal.",
    unavailable: "Der Server ist beschäftigt. Nichts wurde geändert; versuchen Sie es bald noch einmal.",
    network: "Der Server ist nicht erreichbar. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.",
  },
  tooMany: (seconds) => {
    if (seconds <= 1) return "Zu viele Versuche. In einer Sekunde geht es wieder.";
    if (seconds < 90) return `Zu viele Versuche. In ${Math.ceil(seconds)} Sekunden geht es wieder.`;
    return `Zu viele Versuche. In ${Math.ceil(seconds / 60)} Minuten geht es wieder.`;
  },
  tooManyLater: "Zu viele Versuche. Versuchen Sie es später noch einmal.",
  other: "Das hat nicht geklappt. Versuchen Sie es noch einmal.",
};
