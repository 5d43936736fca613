import type { Words } from "../en";

export const security: Words["security"] = {
  title: "Sicherheit",
  about: "Wie Sie sich anmelden, wo Sie angemeldet sind und was mit Ihren Daten geschieht.",

  email: {
    title: "E-Mail-Adresse",
    about: "Zum Anmelden, für ein vergessenes Passwort und für Nachrichten zur Sicherheit Ihres Kontos.",
    none: "Noch keine Adresse",
    noneAbout: "Ohne sie lässt sich ein vergessenes Passwort nicht zurücksetzen.",
    confirmed: "Bestätigt",
    unconfirmed: "Nicht bestätigt",
    unconfirmedAbout: "Noch ist nicht sicher, dass dieses Postfach Ihres ist.",
    pending: "Wartet auf den Code",
    pendingAbout: (email) =>
      `Wir haben einen Code an ${email} geschickt. Bis Sie ihn eingeben, bleibt die Adresse oben Ihre.`,
    confirmAbout: (email) => `Wir haben einen Code an ${email} geschickt.`,
    change: "Adresse ändern",
    add: "Adresse hinzufügen",
    confirm: "Adresse bestätigen",
    field: "Neue Adresse",
    hint: "Wir schicken ihr einen Code. Die bisherige Adresse bleibt, bis Sie ihn eingegeben haben.",
    send: "Code schicken",
    code: "Code aus der E-Mail",
    enter: "Adresse bestätigen",
    again: "Noch einmal schicken",
    sentAgain: "Ein neuer Code ist unterwegs. Der vorige gilt nicht mehr.",
    noneSent:
      "An diese Adresse geht jetzt kein Code mehr. Sehen Sie im Spam-Ordner nach oder versuchen Sie es später wieder.",
    giveUp: "Diese Änderung aufgeben",
    gaveUp: "Ihre Adresse bleibt, wie sie war.",
    changed: (email) => `${email} ist jetzt Ihre Adresse.`,
    taken: "Diese Adresse gehört inzwischen zu einem anderen Konto.",
  },

  unverified: {
    title: "Bestätigen Sie Ihre E-Mail-Adresse",
    text: (email) =>
      `Wir wissen noch nicht, ob ${email} Ihnen gehört. Ist sie bestätigt, kommen Sie immer wieder in Ihr Konto.`,
    go: "Bestätigen",
  },

  password: {
    title: "Passwort",
    about: "Wer es ändert, meldet alle anderen Geräte ab.",
    none: "Kein Passwort",
    noneAbout: "Sie melden sich auf andere Weise an. Ein Passwort wäre eine weitere.",
    set: "Ein Passwort ist gesetzt",
    change: "Passwort ändern",
    add: "Passwort setzen",
    current: "Bisheriges Passwort",
    next: "Neues Passwort",
    hint: "Mindestens 8 Zeichen. Ein paar Wörter hintereinander sind gut und leicht zu merken.",
    save: "Passwort ändern",
    saveFirst: "Passwort setzen",
    changed: "Das Passwort ist geändert. Dieses Gerät bleibt angemeldet, alle anderen sind abgemeldet.",
    sameAsBefore: "Dieses Passwort haben Sie schon.",
  },

  sessions: {
    title: "Wo Sie angemeldet sind",
    about: "Beenden Sie, was Sie nicht kennen, und ändern Sie dann Ihr Passwort.",
    thisDevice: "Dieses Gerät",
    device: (browser, system) => (system ? `${browser} unter ${system}` : browser),
    unknownDevice: "Unbekanntes Gerät",
    activeNow: "Gerade aktiv",
    lastUsed: (ago) => `Zuletzt benutzt ${ago}`,
    usedThisHour: "In der letzten Stunde benutzt",
    signedIn: (date) => `Angemeldet am ${date}`,
    bound: {
      dpop: "An einen Schlüssel gebunden, der diesen Browser nicht verlassen kann",
      cookie: "An diesen Browser gebunden",
      none: "",
    },
    boundAbout: "Niemand sonst kann diese Sitzung benutzen, auch nicht mit einem gestohlenen Token.",
    end: "Abmelden",
    endOf: (device) => `${device} abmelden`,
    ended: (device) => `${device} ist abgemeldet.`,
    endOthers: "Alle anderen abmelden",
    endOthersTitle: "Alle anderen Geräte abmelden?",
    endOthersAbout: (count) =>
      count === 1
        ? "Ein Gerät ist binnen einer Sekunde abgemeldet. Hier bleiben Sie angemeldet."
        : `${count} Geräte sind binnen einer Sekunde abgemeldet. Hier bleiben Sie angemeldet.`,
    endedOthers: "Alle anderen Geräte sind abgemeldet.",
    more: (count) => (count === 1 ? "Eine weitere zeigen" : `${count} weitere zeigen`),
    fewer: "Weniger zeigen",
    onlyThis: "Sie sind nirgends sonst angemeldet.",
    gone: "Diese Sitzung war schon beendet.",
    failed: "Die Liste konnte nicht geholt werden.",
  },

  data: {
    title: "Ihre Daten",
    export: "Eine Kopie von allem",
    exportAbout:
      "Was über Sie gespeichert ist, als Datei: Konto, Adressen, Sitzungen und Aktivität. Es ist kein Geheimnis darin.",
    download: "Herunterladen",
    downloaded: "Die Datei liegt bei Ihren Downloads.",
    fileName: (name, day) => `${name}-${day}.json`,
  },

  remove: {
    title: "Konto löschen",
    about: "Ihr Konto und alles darin ist sofort weg und lässt sich nicht zurückholen.",
    open: "Konto löschen…",
    sure: "Ihr Konto löschen?",
    sureAbout: (name) =>
      `Das Konto „${name}“ wird mit allen Daten gelöscht, und jedes Gerät wird abgemeldet. Niemand kann das rückgängig machen.`,
    password: "Ihr Passwort zur Bestätigung",
    go: "Endgültig löschen",
  },
};
