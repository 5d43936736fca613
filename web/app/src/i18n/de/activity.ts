import type { Words } from "../en";

export const activity: Words["activity"] = {
  title: "Aktivität",
  about:
    "Was mit Ihrem Konto geschah. Waren Sie das nicht? Ändern Sie Ihr Passwort: Das meldet alle Geräte ab.",
  changePassword: "Passwort ändern",
  empty: "Es ist noch nichts geschehen.",
  failed: "Die Liste konnte nicht geholt werden.",
  older: "Ältere zeigen",
  noMore: "Das ist alles.",
  shown: (count) => `${count} Ereignisse werden gezeigt.`,
  thisDevice: "Dieses Gerät",
  byAdministrator: "Ein Administrator",
  alarms: {
    title: "Etwas verdient Ihre Aufmerksamkeit",
    text: "Eine Ihrer Sitzungen wurde an zwei Stellen benutzt, oder jemand hat viele Passwörter probiert. Waren Sie das nicht, ändern Sie Ihr Passwort.",
  },
};
