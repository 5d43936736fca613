import type { Words } from "../en";

export const factors: Words["factors"] = {
  failed: "Die Liste konnte nicht geholt werden.",
  added: (date) => `Hinzugefügt am ${date}`,
  used: (ago) => `Zuletzt benutzt ${ago}`,
  neverUsed: "Nie benutzt",

  app: {
    title: "Authentifizierungs-App",
    about:
      "Eine App auf Ihrem Telefon zeigt für jede Anmeldung einen Code; ein gestohlenes Passwort allein nützt dann nichts.",
    off: "Nicht eingerichtet",
    offAbout: "Jede App für Einmalcodes geht; sie braucht kein Netz.",
    on: "Eingerichtet",
    setUp: "App einrichten",
    confirm: "Bestätigen",
    done: "Die App ist eingerichtet. Von jetzt an wird bei der Anmeldung nach ihrem Code gefragt.",
    remove: "Entfernen",
    removeTitle: "Authentifizierungs-App entfernen?",
    removeAbout: "Ihre Codes gelten dann nicht mehr, und die Anmeldung fragt nicht mehr danach.",
    removed: "Die App ist entfernt.",
  },

  passkeys: {
    title: "Passkeys",
    about:
      "Melden Sie sich mit Fingerabdruck, Gesicht oder Schlüssel an statt mit einem Passwort. Einen Passkey kann niemand abfischen.",
    none: "Noch kein Passkey",
    noneAbout: "Er entsteht in diesem Browser, durch Ihr Gerät oder einen Sicherheitsschlüssel.",
    unable: "Dieser Browser kann hier keine Passkeys anlegen.",
    add: "Passkey hinzufügen",
    name: "Name",
    nameHint: "Damit Sie ihn wiedererkennen, etwa „Laptop“ oder „Blauer Schlüssel“.",
    suggested: "Passkey",
    create: "Passkey anlegen",
    added: (name) => `Der Passkey „${name}“ ist hinzugefügt. Sie können sich damit anmelden.`,
    alone: "Meldet allein an",
    second: "Nur als zweiter Schritt",
    rename: "Umbenennen",
    renameOf: (name) => `${name} umbenennen`,
    renamed: (name) => `Er heißt jetzt „${name}“.`,
    remove: "Entfernen",
    removeOf: (name) => `${name} entfernen`,
    removeTitle: (name) => `Passkey „${name}“ entfernen?`,
    removeAbout:
      "Sie können sich hier nicht mehr damit anmelden. Löschen Sie ihn auch auf Ihrem Gerät oder im Passwortmanager.",
    removed: (name) => `Der Passkey „${name}“ ist entfernt.`,
  },

  codes: {
    title: "Wiederherstellungscodes",
    about: "Der Weg zurück, wenn Sie Telefon oder Passkey verlieren. Jeder gilt einmal.",
    left: (unused, all) => `${unused} von ${all} sind übrig`,
    noneLeft: "Keiner ist übrig",
    none: "Sie haben keine",
    noneAbout: "Ohne sie sind Sie ausgesperrt, wenn Sie Ihren zweiten Faktor verlieren.",
    keepAbout: "Sie wurden beim Anlegen gezeigt. Bewahren Sie sie auf, wo Sie sie wiederfinden.",
    make: "Neue Codes anlegen",
    makeFirst: "Codes anlegen",
    sureTitle: "Neue Wiederherstellungscodes anlegen?",
    sureAbout: "Die Codes, die Sie haben, gelten dann nicht mehr, benutzt oder nicht.",
    made: "Neue Wiederherstellungscodes sind angelegt.",
  },

  trusted: {
    title: "Vertraute Geräte",
    about: "Auf ihnen wird bei der Anmeldung nicht nach dem zweiten Schritt gefragt.",
    none: "Keinem Gerät wird vertraut",
    noneAbout: "Die Anmeldung fragt auf jedem Gerät nach dem zweiten Schritt.",
    thisDevice: "Dieses Gerät",
    until: (date) => `Vertraut bis ${date}`,
    forget: "Wieder fragen",
    forgetOf: (device) => `Auf ${device} wieder fragen`,
    forgotten: (device) => `Auf ${device} wird wieder nach dem zweiten Schritt gefragt.`,
    forgetAll: "Auf allen fragen",
    forgottenAll: "Auf jedem Gerät wird wieder nach dem zweiten Schritt gefragt.",
  },

  linked: {
    title: "Verknüpfte Konten",
    about: "Andere Dienste, mit denen Sie sich anmelden können.",
    notLinked: "Nicht verknüpft",
    link: "Verknüpfen",
    linkOf: (name) => `${name} verknüpfen`,
    linkedNow: "Das Konto ist verknüpft. Sie können sich damit anmelden.",
    unlink: "Trennen",
    unlinkOf: (name) => `${name} trennen`,
    unlinkTitle: (name) => `${name} trennen?`,
    unlinkAbout: (name) =>
      `Sie können sich hier nicht mehr mit ${name} anmelden. Ihr Konto bei ${name} bleibt.`,
    unlinked: (name) => `${name} ist getrennt.`,
  },
};
