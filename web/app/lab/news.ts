/** The server's events as they come, and what the page itself adds to them. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { LabEvent } from "./events";
import { type Clock, type Fault, server } from "./server";

/** Milliseconds between two looks. */
const EVERY = 350;
/** Events in memory. */
const MOST = 600;

export interface NewsFeed {
  readonly events: readonly LabEvent[];
  readonly clock: Clock | null;
  readonly faults: readonly Fault[];
  /** The development server does not answer. */
  readonly unreachable: boolean;
  /** Look now. */
  look(): Promise<void>;
  /** Add what only the page knows. */
  add(kind: "offline" | "online"): Promise<void>;
  /** Begin with an empty picture. */
  clear(): Promise<void>;
}

export function useNews(): NewsFeed {
  const [events, setEvents] = useState<readonly LabEvent[]>([]);
  const [clock, setClock] = useState<Clock | null>(null);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [unreachable, setUnreachable] = useState(false);
  const last = useRef(0);
  const looking = useRef<Promise<void> | null>(null);

  const look = useCallback((): Promise<void> => {
    looking.current ??= (async () => {
      try {
        const news = await server.news(last.current);
        const fresh = news.events.filter((event) => event.n > last.current);
        last.current = Math.max(last.current, ...fresh.map((event) => event.n));
        if (fresh.length) setEvents((known) => [...known, ...fresh].slice(-MOST));
        setClock((known) => (known && Math.abs(known.ahead - news.clock.ahead) < 1 ? known : news.clock));
        setFaults((known) => (JSON.stringify(known) === JSON.stringify(news.faults) ? known : news.faults));
        setUnreachable(false);
      } catch {
        setUnreachable(true);
      } finally {
        looking.current = null;
      }
    })();
    return looking.current;
  }, []);

  const add = useCallback(
    async (kind: "offline" | "online") => {
      const at = new Date().toISOString();
      // What the server knows by now came before.
      await look();
      await look();
      setEvents((known) => [...known, { kind, at, who: "browser", n: (known.at(-1)?.n ?? 0) + 0.001 }]);
    },
    [look],
  );

  const clear = useCallback(async () => {
    await server.forget();
    setEvents([]);
  }, []);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let ended = false;
    const go = async (): Promise<void> => {
      if (document.visibilityState !== "hidden") await look();
      if (!ended) timer = setTimeout(go, EVERY);
    };
    go();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [look]);

  return { events, clock, faults, unreachable, look, add, clear };
}
