/** The page of the figures: an app that asks something of the server about once a second, and writes down how it went. */

import {
  type Credentials,
  createClient,
  type KeyturnClient,
  type Session,
  type SignOutReason,
} from "@keyturn/client";

/** How a tab fared. */
export interface Diary {
  /** Requests of the app's code: answered as they should be, failed on the way, ended in 401, anything else. */
  fine: number;
  failed: number;
  unauthorized: number;
  readonly other: string[];
  /** Why this tab held that nobody is signed in any more. */
  readonly signOuts: (SignOutReason | null)[];
  /** Milliseconds that the slowest request took that was answered. */
  slowest: number;
}

export interface Tab {
  readonly client: KeyturnClient;
  readonly diary: Diary;
  signIn(credentials: Credentials): Promise<Session>;
  ready(): Promise<Session>;
  /** Begin to ask, until `rest`. */
  work(): void;
  rest(): void;
  /** One request of the app's code: its status, or 0 when it failed on the way. */
  ask(path?: string): Promise<number>;
}

declare global {
  interface Window {
    readonly tab: Tab;
  }
}

/** Milliseconds after which the app gives a request up. */
const PATIENCE = 10_000;

const wishes = new URLSearchParams(location.search);
const client = createClient({
  baseUrl: wishes.get("baseUrl") ?? "",
  mode: wishes.get("mode") === "bearer" ? "bearer" : "web",
  dpop: wishes.get("dpop") === "off" ? "off" : "auto",
});
const diary: Diary = { fine: 0, failed: 0, unauthorized: 0, other: [], signOuts: [], slowest: 0 };
let before = client.getSession().status;
let working = false;

client.onChange((session) => {
  if (before !== "signed-out" && session.status === "signed-out" && before !== "loading")
    diary.signOuts.push(session.reason);
  before = session.status;
});

async function ask(path = "/home/"): Promise<number> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PATIENCE);
  try {
    // Of one address Chromium asks one tab's question at a time, and lets the others wait for its cache.
    return (await client.fetch(`${path}?${crypto.randomUUID()}`, { signal: giveUp.signal })).status;
  } catch {
    return 0;
  } finally {
    clearTimeout(timer);
  }
}

async function work(): Promise<void> {
  while (working) {
    await new Promise((later) => setTimeout(later, 500 + 1000 * Math.random()));
    const begun = performance.now();
    const status = await ask();
    if (status === 200) diary.slowest = Math.max(diary.slowest, performance.now() - begun);
    if (status === 200) diary.fine += 1;
    else if (status === 0) diary.failed += 1;
    else if (status === 401) diary.unauthorized += 1;
    else diary.other.push(String(status));
  }
}

Object.assign(window, {
  tab: {
    client,
    diary,
    async signIn(credentials) {
      await client.signIn(credentials);
      return client.getSession();
    },
    ready: () => client.ready(),
    work() {
      if (working) return;
      working = true;
      void work();
    },
    rest() {
      working = false;
    },
    ask,
  } satisfies Tab,
});
