import type { Words } from "../en";

export const home: Words["home"] = {
  title: "Übersicht",
  hello: (name) => `Hallo, ${name}`,
  about: "Ihr Konto auf einen Blick.",
  sessionTitle: "Diese Sitzung",
  sessionAbout: "Was Sie auf diesem Gerät angemeldet hält, und was andere fernhält.",
  bindings: {
    dpop: {
      title: "An einen Schlüssel in diesem Browser gebunden",
      text: "Der Schlüssel kann den Browser nicht verlassen, auch nicht durch ein Skript. Niemand sonst kann diese Sitzung benutzen.",
    },
    cookie: {
      title: "An diesen Browser gebunden",
      text: "Ein Cookie, das kein Skript lesen kann, muss mitkommen. Ein kopiertes Token allein nützt nichts.",
    },
    none: {
      title: "Nicht an dieses Gerät gebunden",
      text: "Ein kopiertes Token fällt auf, sobald beide es benutzen.",
    },
  },
  online: "Verbunden",
  offline: "Nicht verbunden",
  placesTitle: "Rund um Ihr Konto",
  places: {
    profile: { title: "Profil", text: "Ihr Name, Ihre Adresse, Ihre Daten." },
    security: { title: "Sicherheit", text: "Ihr Passwort, und wo Sie angemeldet sind." },
    activity: { title: "Aktivität", text: "Was in Ihrem Konto geschehen ist, und von wo aus." },
  },
  developTitle: "Für Entwickler",
  developAbout: "Nur auf einem Entwicklungsserver.",
  develop: {
    lab: { title: "Labor", text: "Machen Sie etwas kaputt, und sehen Sie zu, wie die Sitzung es übersteht." },
    inbox: { title: "Posteingang", text: "Jede E-Mail, die dieser Server gesendet hätte." },
    docs: { title: "API", text: "Alle Endpunkte, zum Lesen und Ausprobieren." },
    admin: { title: "Verwaltung", text: "Benutzer, Sitzungen, Schlüssel und alle Ereignisse." },
  },
  tryIt: "Geschützten Endpunkt aufrufen",
  tryAbout: "GET /home/ mit dem Zugriffstoken dieser Seite, wie Ihr eigener Code ihn aufrufen würde.",
  answered: (status) => `Antwort ${status}`,
};
