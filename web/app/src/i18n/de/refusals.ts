import type { Words } from "../en";

export const refusals: Words["refusals"] = {
  field: {
    wrong_code: "Das ist nicht der Code, oder er wurde schon benutzt.",
  },
  form: {
    wrong_code: "Das ist nicht der Code, oder er wurde schon benutzt.",
    mfa_token_invalid: "Es hat zu lange gedauert, oder zu viele Codes waren falsch. Melden Sie sich neu an.",
    factor_setup_required: "Dieses Konto braucht einen zweiten Faktor; dieser kann deshalb nicht weg.",
    factor_exists: "Dieses Konto hat schon einen. Laden Sie die Seite neu, um ihn zu sehen.",
    not_authenticated: "Hier meldet sich niemand mehr an. Beginnen Sie von vorn.",
    no_verified_email:
      "Bestätigen Sie zuerst Ihre eigene E-Mail-Adresse, dann verknüpfen Sie das andere Konto.",
    passkeys_unavailable: "Passkeys gehen hier nicht.",
    last_way_in: "Das ist der einzige Weg in Ihr Konto. Fügen Sie zuerst einen anderen hinzu.",
    provider_refused: "Was der andere Dienst gesagt hat, ist nicht glaubwürdig. Nichts wurde geändert.",
    provider_account_taken: "Jenes Konto ist hier schon mit jemand anderem verknüpft.",
    provider_email_unverified:
      "Der andere Dienst sagt nicht, dass Ihre Adresse bestätigt ist. Bestätigen Sie sie zuerst dort.",
    account_in_use: "Diesem Konto gehört etwas, das seinen Besitzer nicht verlieren darf.",
    reauthentication_required: "Zeigen Sie noch einmal, dass Sie es sind, und versuchen Sie es dann wieder.",
  },
};
