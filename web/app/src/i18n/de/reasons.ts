import type { Words } from "../en";

export const reasons: Words["reasons"] = {
  signed_out: { title: "Sie sind abgemeldet", text: "Bis bald." },
  session_revoked: {
    title: "Diese Sitzung wurde beendet",
    text: "Jemand hat sie beendet: Sie selbst, von einem anderen Gerät oder mit „Überall abmelden“, oder die Verwaltung.",
  },
  session_expired: {
    title: "Sie waren lange weg",
    text: "Sitzungen, die niemand benutzt, laufen ab. Melden Sie sich an, um weiterzumachen.",
  },
  expired: {
    title: "Sie waren lange weg",
    text: "Sitzungen, die niemand benutzt, laufen ab. Melden Sie sich an, um weiterzumachen.",
  },
  refresh_reused: {
    title: "Wir haben diese Sitzung zu Ihrem Schutz beendet",
    text: "Ihr Schlüssel wurde an zwei Orten benutzt, und einer davon ist vielleicht nicht Ihrer. Melden Sie sich neu an; wenn Sie nicht wissen, wie es dazu kam, ändern Sie danach Ihr Passwort.",
  },
  password_changed: {
    title: "Das Passwort wurde geändert",
    text: "Das meldet jedes Gerät ab. Melden Sie sich mit dem neuen Passwort an. Waren Sie es nicht, dann setzen Sie es sofort zurück.",
  },
  user_inactive: {
    title: "Dieses Konto ist abgeschaltet",
    text: "Die Verwaltung hat es stillgelegt und kann Ihnen mehr dazu sagen.",
  },
  user_not_found: {
    title: "Dieses Konto gibt es nicht mehr",
    text: "Es wurde gelöscht, und alles darin mit ihm.",
  },
  not_recognised: {
    title: "Der Server kennt diese Sitzung nicht",
    text: "Vielleicht wurde er neu eingerichtet. Melden Sie sich an, um weiterzumachen.",
  },
};
