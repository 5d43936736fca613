/** The lab's one browser for as long as the page is open, and what React needs to know of it. */
import type { Session } from "@keyturn/client";
import { useCallback, useMemo, useState, useSyncExternalStore } from "react";
import { config } from "../src/config";
import type { Bench } from "./deeds";
import type { Rules } from "./server";
import { type Browser, openBrowser, type Protection } from "./stage";

let browser: Browser | null = null;
let listeners: readonly (() => void)[] = [];

/** Sessions that the picture is about. */
const seen = new Set<string>();

function current(): Browser {
  if (!browser) {
    browser = openBrowser("dpop");
    follow(browser);
    browser.client.ready();
  }
  return browser;
}

function follow(next: Browser): void {
  next.client.onChange((session) => {
    if (session.status === "signed-in") seen.add(session.id);
    for (const listener of listeners) listener();
  });
}

function subscribe(listener: () => void): () => void {
  listeners = [...listeners, listener];
  return () => {
    listeners = listeners.filter((one) => one !== listener);
  };
}

/** Another session, bound in another way: the old browser signs out and is closed. */
async function exchange(protection: Protection): Promise<Browser> {
  const old = current();
  old.network.cut = false;
  if (old.client.getSession().status === "signed-in") await old.client.signOut();
  old.client.close();
  browser = openBrowser(protection);
  follow(browser);
  for (const listener of listeners) listener();
  await browser.client.ready();
  return browser;
}

export interface Stage {
  readonly session: Session;
  readonly protection: Protection;
  /** What the deeds work with; null until the server's rules are known. */
  readonly bench: Bench | null;
  /** Whether the picture is about this session. */
  isOurs(session: string): boolean;
  readonly online: boolean;
}

export function useStage(rules: Rules | null, add: (kind: "offline" | "online") => Promise<void>): Stage {
  const now = useSyncExternalStore(subscribe, current);
  const session = useSyncExternalStore(subscribe, () => current().client.getSession());
  const [wanted, setWanted] = useState<Protection>("dpop");
  const [online, setOnline] = useState(true);
  const protection = session.status === "signed-in" ? session.binding : wanted;

  const told = useCallback(
    (kind: "offline" | "online") => {
      setOnline(kind === "online");
      return add(kind);
    },
    [add],
  );

  const bench = useMemo(() => {
    if (!rules) return null;
    const made = (its: Browser, bound: Protection): Bench => ({
      browser: its,
      protection: bound,
      rules,
      demo: config.demo,
      session: () => its.client.getSession(),
      add: told,
      signIn: async (next) => {
        if (!config.demo)
          throw new Error(
            "There is no demo user here: its password was changed, or the server was not started by keyturn demo.",
          );
        setWanted(next);
        setOnline(true);
        const opened = await exchange(next);
        await opened.client.signIn(config.demo);
        return made(opened, next);
      },
    });
    return made(now, protection);
  }, [now, rules, protection, told]);

  return { session, protection, bench, isOurs, online };
}

const isOurs = (session: string): boolean => seen.has(session);
