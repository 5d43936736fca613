export const security = {
  title: "Security",
  about: "How you sign in, where you are signed in, and what happens to your data.",

  email: {
    title: "E-mail address",
    about: "For signing in, for a forgotten password, and for news about your account's safety.",
    none: "No address yet",
    noneAbout: "Without one, a forgotten password cannot be reset.",
    confirmed: "Confirmed",
    unconfirmed: "Not confirmed",
    unconfirmedAbout: "We are not sure yet that this mailbox is yours.",
    pending: "Waiting for its code",
    pendingAbout: (email: string) =>
      `We sent a code to ${email}. Until you enter it, the address above stays yours.`,
    confirmAbout: (email: string) => `We sent a code to ${email}.`,
    change: "Change address",
    add: "Add an address",
    confirm: "Confirm address",
    field: "New address",
    hint: "We send it a code. Your current address stays until you have entered that.",
    send: "Send the code",
    code: "Code from the mail",
    enter: "Confirm address",
    again: "Send it again",
    sentAgain: "Another code is on its way. The one before is of no use any more.",
    noneSent: "No more codes are sent to this address now. Look into the spam folder, or try again later.",
    giveUp: "Give up this change",
    gaveUp: "Your address stays as it was.",
    changed: (email: string) => `${email} is your address now.`,
    taken: "This address belongs to another account meanwhile.",
  },

  unverified: {
    title: "Confirm your e-mail address",
    text: (email: string) =>
      `We do not know yet that ${email} is yours. Once you confirm it, you can always get back into your account.`,
    go: "Confirm it",
  },

  password: {
    title: "Password",
    about: "Changing it signs out every other device.",
    none: "No password",
    noneAbout: "You sign in another way. A password would be one more.",
    set: "A password is set",
    change: "Change password",
    add: "Set a password",
    current: "Current password",
    next: "New password",
    hint: "At least 8 characters. A few words in a row are good, and easy to remember.",
    save: "Change password",
    saveFirst: "Set password",
    changed: "The password is changed. This device stays signed in; all others are signed out.",
    sameAsBefore: "This is the password that you have.",
  },

  sessions: {
    title: "Where you are signed in",
    about: "End whatever you do not recognise, then change your password.",
    thisDevice: "This device",
    device: (browser: string, system: string) => (system ? `${browser} on ${system}` : browser),
    unknownDevice: "Unknown device",
    activeNow: "Active now",
    lastUsed: (ago: string) => `Last used ${ago}`,
    usedThisHour: "Used within the last hour",
    signedIn: (date: string) => `Signed in ${date}`,
    bound: {
      dpop: "Tied to a key that cannot leave this browser",
      cookie: "Tied to this browser",
      none: "",
    },
    boundAbout: "Nobody else can use this session, even with a stolen token.",
    end: "Sign out",
    endOf: (device: string) => `Sign out ${device}`,
    ended: (device: string) => `${device} is signed out.`,
    endOthers: "Sign out all others",
    endOthersTitle: "Sign out all other devices?",
    endOthersAbout: (count: number) =>
      count === 1
        ? "One device is signed out within a second. You stay signed in here."
        : `${count} devices are signed out within a second. You stay signed in here.`,
    endedOthers: "All other devices are signed out.",
    more: (count: number) => (count === 1 ? "Show one more" : `Show ${count} more`),
    fewer: "Show fewer",
    onlyThis: "You are signed in nowhere else.",
    gone: "That session had ended already.",
    failed: "The list could not be fetched.",
  },

  data: {
    title: "Your data",
    export: "A copy of everything",
    exportAbout:
      "What is kept about you, as a file: account, addresses, sessions and activity. No secret is in it.",
    download: "Download",
    downloaded: "The file is in your downloads.",
    fileName: (name: string, day: string) => `${name}-${day}.json`,
  },

  remove: {
    title: "Delete account",
    about: "Your account and everything in it is gone at once, and cannot be brought back.",
    open: "Delete account…",
    sure: "Delete your account?",
    sureAbout: (name: string) =>
      `The account “${name}” is deleted with all its data, and every device is signed out. Nobody can undo that.`,
    password: "Your password, to confirm",
    go: "Delete for good",
  },
};
