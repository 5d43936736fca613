/** What went wrong, by the words of the server (docs/reference/errors.md) and of the client. */
export const problems = {
  /** Of a field; by the code of the entry in `errors`. */
  field: {
    required: "Fill this in.",
    invalid: "This cannot be right.",
    blank: "Fill this in.",
    max_length: "This is too long.",
    null_characters_not_allowed: "This has a character in it that cannot be used.",
    incorrect_code: "This is not the code, or not the newest one.",
    incorrect_password: "The password is wrong.",
    bad_credentials: "That name and that password do not go together.",
    username_password_mismatch: "That name and that password do not go together.",
    email_password_mismatch: "That address and that password do not go together.",
    invalid_login: "Give a user name or an e-mail address.",
    enter_current_password: "The password is wrong.",
    wrong_password: "The password is wrong.",
    username_taken: "Somebody has this name already.",
    username_invalid: "Use letters, digits and . _ - + only, with at least one letter or digit.",
    username_blacklisted: "This name is not given out.",
    email_taken: "Another account has this address.",
    duplicate_email: "This is your address already.",
    same_as_current: "This is the same as before.",
    password_too_short: "Use at least 8 characters.",
    password_too_long: "This password is too long.",
    password_characters: "This password has a character in it that cannot be typed.",
    password_too_similar: "This is too much like your name or your address.",
    password_too_common: "Many people use this password, and thieves try it first. Choose another.",
    password_entirely_numeric: "Digits alone are too easy to guess.",
  },
  /** Of a whole form; by `reason`, else by `code`. */
  form: {
    bad_credentials: "That name and that password do not go together.",
    email_not_verified: "Confirm your e-mail address first.",
    password_reset_required: "A new password is needed before you can sign in: choose “Forgot it?” below.",
    mail_unavailable: "The server cannot send mail right now, and this needs one.",
    sign_up_closed: "Nobody can make an account here at the moment.",
    incorrect_code: "This is not the code, or not the newest one.",
    link_invalid: "This link is not valid. Perhaps it was cut off: copy the whole of it from the mail.",
    link_expired: "This link is too old. Ask for a new one.",
    link_used: "This link has been used already.",
    link_outdated: "Your account has changed since this was sent. Ask for a new one.",
    email_taken: "This address belongs to another account meanwhile.",
    conflict: "There is nothing to go on with here any more. Begin again.",
    flow_ended: "This took too long, or too many codes were wrong. Begin again.",
    origin_refused: "The server does not take this page for one of its own.",
    impersonated: "Somebody who acts for another user cannot do this.",
    passkey_invalid: "This passkey is not known here, or it was asked too long ago. Try again.",
    passkey_copied:
      "This passkey seems to have been copied, so it is not taken. Remove it and add a new one.",
    provider_unavailable: "The other service cannot be reached right now. Try again soon.",
    mfa_required: "A second factor is needed.",
    request_timeout: "The connection was too slow for this. Try again.",
    unavailable: "The server is busy. Nothing was changed; try again soon.",
    network: "The server cannot be reached. Check your connection and try again.",
  },
  tooMany: (seconds: number) => {
    if (seconds <= 1) return "Too many attempts. Try again in a second.";
    if (seconds < 90) return `Too many attempts. Try again in ${Math.ceil(seconds)} seconds.`;
    return `Too many attempts. Try again in ${Math.ceil(seconds / 60)} minutes.`;
  },
  tooManyLater: "Too many attempts. Try again later.",
  other: "That did not work. Try again.",
};
