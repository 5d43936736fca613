import { memoryStorage } from "./adopting.js";
import { call } from "./calling.js";
import { channel } from "./channel.js";
import { configure } from "./config.js";
import { type Core, here } from "./core.js";
import { signOut } from "./delivering.js";
import { fetchWith } from "./fetching.js";
import { hear } from "./hearing.js";
import { memory } from "./memo.js";
import { start } from "./starting.js";
import { one, signIn, signUp } from "./stepping.js";
import type { ClientOptions, KeyturnClient, SessionInfo } from "./types.js";
import { loadUser } from "./user.js";

const cores = new WeakMap<KeyturnClient, Core>();

/** What a client works with; for the other modules of this package. */
export function coreOf(client: KeyturnClient): Core {
  const core = cores.get(client);
  if (!core) throw new TypeError("Keyturn: this is no client of createClient's.");
  return core;
}

/**
 * A client of the Keyturn server at `baseUrl`. One a page is enough; make it outside of any component.
 *
 * Nothing is asked before something of it is used.
 */
export function createClient(options: ClientOptions): KeyturnClient {
  const config = configure(options);
  const endings: (() => void)[] = [];
  const core: Core = {
    ...config,
    memo: memory(config.name, config.shared),
    tell: config.shared ? channel(config.name, ({ data }) => hear(core, data), endings) : () => {},
    prover: null,
    listeners: new Set(),
    wakers: new Set(),
    session: { status: "loading" },
    access: null,
    store: config.web ? null : (options.storage ?? memoryStorage()),
    flow: null,
    ticket: null,
    through: (work) => work(),
    renewing: null,
    failures: 0,
    until: 0,
    firm: 0,
    doubted: 0,
    doubts: 0,
    timer: undefined,
    gone: new Set(),
    stubborn: new Set(),
    used: false,
    started: null,
    endings,
    turn: Promise.resolve(),
    closed: false,
  };
  const client: KeyturnClient = {
    options,
    ready: () => start(core),
    getSession: () => core.session,
    onChange(listener) {
      // Each subscription is its own, also of one function twice.
      const own: typeof listener = (session) => listener(session);
      core.listeners.add(own);
      start(core);
      return () => core.listeners.delete(own);
    },
    fetch: (input, init) => fetchWith(core, input, init),
    call: (method, path, body) => call(core, method, path, body),
    signIn: (credentials) => signIn(core, credentials),
    signUp: (account) => signUp(core, account),
    verifyEmail: ({ key }) => one(core, "/auth/email/verify", { key }),
    signOut: (how) => signOut(core, how?.everywhere),
    sessions: {
      list: () => call<readonly SessionInfo[]>(core, "GET", "/sessions/"),
      // One's own is a sign-out, which is remembered where the server cannot be reached.
      end: (id) =>
        here(core)?.id === id ? signOut(core) : call(core, "DELETE", `/sessions/${encodeURIComponent(id)}/`),
      endOthers: () => call(core, "DELETE", "/sessions/"),
    },
    reloadUser: () => start(core).then(() => loadUser(core)),
    close() {
      core.closed = true;
      clearTimeout(core.timer);
      for (const end of [...endings, ...core.wakers]) end();
      core.listeners.clear();
    },
  };
  cores.set(client, core);
  return client;
}
