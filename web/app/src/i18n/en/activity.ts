export const activity = {
  title: "Activity",
  about:
    "What happened to your account. Something here that was not you? Change your password: it signs out every device.",
  changePassword: "Change password",
  empty: "Nothing has happened yet.",
  failed: "The list could not be fetched.",
  older: "Show older",
  noMore: "That is everything.",
  shown: (count: number) => `${count} events are shown.`,
  thisDevice: "This device",
  byAdministrator: "An administrator",
  alarms: {
    title: "Something deserves your attention",
    text: "One of your sessions was used in two places, or somebody tried many passwords. If that was not you, change your password.",
  },
};
