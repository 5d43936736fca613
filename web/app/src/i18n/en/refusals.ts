/** What else may go wrong, by the words of the server, where the first page does not need it: see `problems`. */
export const refusals = {
  field: {
    wrong_code: "This is not the code, or it was used already.",
  },
  form: {
    wrong_code: "This is not the code, or it was used already.",
    mfa_token_invalid: "This took too long, or too many codes were wrong. Sign in again.",
    factor_setup_required: "This account needs a second factor, so this one cannot go.",
    factor_exists: "This account has one already. Load the page again to see it.",
    not_authenticated: "Nobody is signing in here any more. Begin again.",
    no_verified_email: "Confirm your own e-mail address first, then link the other account.",
    passkeys_unavailable: "Passkeys cannot be used here.",
    last_way_in: "This is the only way into your account. Add another first.",
    provider_refused: "What the other service said could not be trusted. Nothing was changed; try again.",
    provider_account_taken: "That account is linked to somebody else here.",
    provider_email_unverified:
      "The other service does not say that your address is confirmed. Confirm it there first.",
    account_in_use: "Something belongs to this account that must not lose its owner.",
    reauthentication_required: "Prove once more that it is you, then try again.",
  },
};
