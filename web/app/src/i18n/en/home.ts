export const home = {
  title: "Overview",
  hello: (name: string) => `Hello, ${name}`,
  about: "Your account at a glance.",
  sessionTitle: "This session",
  sessionAbout: "What keeps you signed in on this device, and what keeps others out.",
  bindings: {
    dpop: {
      title: "Bound to a key in this browser",
      text: "The key cannot leave the browser, not even by a script. Nobody else can use this session.",
    },
    cookie: {
      title: "Bound to this browser",
      text: "A cookie that no script can read has to come along. A copied token alone is of no use.",
    },
    none: {
      title: "Not bound to this device",
      text: "A copied token is noticed as soon as both of you use it.",
    },
  },
  online: "Connected",
  offline: "Not connected",
  placesTitle: "Look after your account",
  places: {
    profile: { title: "Profile", text: "Your name, your address, your data." },
    security: { title: "Security", text: "Your password, and where you are signed in." },
    activity: { title: "Activity", text: "What happened in your account, and from where." },
  },
  developTitle: "For developers",
  developAbout: "Only on a development server.",
  develop: {
    lab: { title: "Lab", text: "Break things, and watch the session survive." },
    inbox: { title: "Inbox", text: "Every mail that this server would have sent." },
    docs: { title: "API", text: "All endpoints, to read and to try." },
    admin: { title: "Admin", text: "Users, sessions, keys and the trail of events." },
  },
  tryIt: "Call a protected endpoint",
  tryAbout: "GET /home/ with this page’s access token, as your own code would call it.",
  answered: (status: number) => `Answered ${status}`,
};
