import type { Words } from "../en";

export const steps: Words["steps"] = {
  secondFactor: {
    title: "Noch ein Schritt",
    aboutBoth: "Nehmen Sie Ihren Passkey oder einen Code aus Ihrer App.",
    aboutPasskey: "Nehmen Sie Ihren Passkey oder einen Ihrer Wiederherstellungscodes.",
    aboutCode: "Öffnen Sie Ihre Authentifizierungs-App und tippen Sie den Code ein, den sie zeigt.",
    aboutRecovery: "Tippen Sie einen Ihrer Wiederherstellungscodes ein. Jeder gilt einmal.",
    passkey: "Passkey benutzen",
    or: "oder",
    code: "Code aus Ihrer App",
    codeHint: "Sechs Ziffern, alle 30 Sekunden neue.",
    recovery: "Wiederherstellungscode",
    recoveryHint: "Einer von denen, die Sie beim Einrichten aufbewahrt haben.",
    submit: "Weiter",
    useRecovery: "Wiederherstellungscode benutzen",
    useApp: "Code aus der App benutzen",
    trust: (days) =>
      days === 1
        ? "Auf diesem Gerät einen Tag lang nicht fragen"
        : `Auf diesem Gerät ${days} Tage lang nicht fragen`,
    trustHint: "Nur auf einem Gerät, das sonst niemand benutzt.",
  },
  setUp: {
    title: "Schützen Sie Ihr Konto",
    about:
      "Ihr Konto braucht einen zweiten Faktor, bevor es weitergeht: eine App auf Ihrem Telefon, die Codes zeigt.",
  },
  app: {
    scan: "Lesen Sie dieses Bild mit einer Authentifizierungs-App auf Ihrem Telefon ein.",
    picture: "Ein QR-Code für Ihre Authentifizierungs-App",
    cannotScan: "Das geht nicht? Tippen Sie diesen Schlüssel in die App:",
    key: "Schlüssel für die App",
    copy: "Kopieren",
    copied: "Kopiert.",
    notCopied: "Das ließ sich nicht kopieren. Markieren und kopieren Sie es selbst.",
    open: "In einer App auf diesem Gerät öffnen",
    code: "Code, den die App jetzt zeigt",
    codeHint: "Sechs Ziffern. Sie zeigen, dass die App eingerichtet ist.",
    failed: "Der Schlüssel konnte nicht geholt werden.",
  },
  codes: {
    title: "Bewahren Sie diese Codes auf",
    about:
      "Wenn Sie Ihr Telefon oder Ihren Passkey verlieren, sind sie der Weg zurück. Jeder gilt einmal. Sie werden jetzt gezeigt und nie wieder.",
    label: "Wiederherstellungscodes",
    copy: "Kopieren",
    copied: "Kopiert.",
    notCopied: "Sie ließen sich nicht kopieren. Markieren und kopieren Sie sie selbst.",
    download: "Herunterladen",
    fileTitle: (site, name) => `Wiederherstellungscodes für ${name} bei ${site}. Jeder gilt einmal.`,
    kept: "Ich habe sie aufbewahrt",
  },
  mailCode: {
    askTitle: "Per E-Mail anmelden",
    ask: "Nennen Sie Ihre Adresse, dann bekommen Sie eine E-Mail mit einem Code, der Sie anmeldet. Ein Passwort ist nicht nötig.",
    askSubmit: "E-Mail senden",
    title: "Sehen Sie in Ihr Postfach",
    sentTo: (email) => `Wenn ${email} ein Konto hat, ist eine E-Mail mit einem Code unterwegs.`,
    submit: "Anmelden",
    elsewhere: "Der Link in der E-Mail geht auch.",
    other: "Andere Adresse",
  },
  mailLink: {
    title: "Anmelden",
    about: "Einmal drücken, und Sie sind auf diesem Gerät angemeldet.",
    submit: "Ja, anmelden",
    stray: "Wenn Sie das nicht wollten, schließen Sie diese Seite; dann geschieht nichts.",
    missingTitle: "Dieser Link ist nicht vollständig",
    missing:
      "Es ist kein Schlüssel darin. Kopieren Sie ihn ganz aus der E-Mail, oder fordern Sie einen neuen an.",
    again: "Neuen anfordern",
  },
  provider: {
    title: "Einen Moment…",
    finishing: "Ihre Anmeldung wird abgeschlossen.",
    failedTitle: "Das hat nicht geklappt",
    toSecurity: "Zurück zur Sicherheit",
    errors: {
      cancelled: "Sie sind beim anderen Dienst nicht weitergegangen. Nichts wurde geändert.",
      denied: "Der andere Dienst hat Sie nicht eingelassen. Nichts wurde geändert.",
      refused:
        "Was der andere Dienst gesagt hat, ist nicht glaubwürdig. Nichts wurde geändert; versuchen Sie es noch einmal.",
      unavailable:
        "Der andere Dienst ist gerade nicht erreichbar. Versuchen Sie es bald wieder, oder melden Sie sich anders an.",
      taken:
        "Ein Konto mit jener Adresse gibt es hier schon. Melden Sie sich dort an und verknüpfen Sie den Dienst unter Sicherheit.",
      ended: "Es hat zu lange gedauert oder wurde in einem anderen Fenster begonnen. Beginnen Sie von vorn.",
      other:
        "Beim anderen Dienst hat es nicht geklappt. Nichts wurde geändert; versuchen Sie es noch einmal.",
    },
  },
  providerSignUp: {
    title: "Fast fertig",
    emailHint: "Ohne Angabe bleibt es die, die der andere Dienst kennt.",
    about: "Sie sind zum ersten Mal hier. Prüfen Sie, wie Ihr Konto heißen soll.",
    usernameHint: "Ohne Angabe wird einer aus Ihrer Adresse gemacht.",
    submit: "Konto anlegen",
  },
  stepUp: {
    title: "Sind Sie es?",
    about: {
      password: "Geben Sie vorher noch einmal Ihr Passwort ein.",
      totp: "Tippen Sie vorher einen Code aus Ihrer Authentifizierungs-App ein.",
      recovery_codes: "Tippen Sie vorher einen Ihrer Wiederherstellungscodes ein.",
      webauthn: "Zeigen Sie vorher noch einmal Ihren Passkey.",
      mail_code: "Vorher schicken wir Ihnen einen Code per E-Mail.",
    },
    password: "Ihr Passwort",
    passkey: "Passkey benutzen",
    mail: "Code per E-Mail schicken",
    mailed: "Ein Code ist unterwegs an Ihre Adresse.",
    mailCode: "Code aus der E-Mail",
    go: "Weiter",
    otherWays: "Andere Wege",
    others: {
      password: "Ihr Passwort",
      totp: "Ein Code aus Ihrer App",
      recovery_codes: "Ein Wiederherstellungscode",
      webauthn: "Ihr Passkey",
      mail_code: "Ein Code per E-Mail",
    },
    none: "Es ist nichts übrig, womit Sie zeigen können, dass Sie es sind. Melden Sie sich ab und wieder an und versuchen Sie es dann innerhalb von fünf Minuten.",
  },
  passkeys: {
    "given-up":
      "Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.",
    "already-added": "Dieses Gerät oder dieser Schlüssel hat hier schon einen Passkey.",
    "not-available": "Dieser Browser kann hier keine Passkeys benutzen.",
  },
};
