/** What was done elsewhere, by a mail's link or on another device, is seen when the reader comes back to this page. */
import { useKeyturn, useUser } from "@keyturn/client/react";
import { useEffect, useRef } from "react";

/** Milliseconds; whoever switches to and fro asks no more often. */
const SELDOM = 5_000;

/** Calls it each time the page is looked at again. */
export function useWhenBack(act: () => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    let before = Date.now();
    const back = (): void => {
      if (document.visibilityState !== "visible" || Math.abs(Date.now() - before) < SELDOM) return;
      before = Date.now();
      latest.current();
    };
    document.addEventListener("visibilitychange", back);
    return () => document.removeEventListener("visibilitychange", back);
  }, []);
}

/** Keeps `useUser` fresh: asked for as the page opens and when the reader comes back; soon again where it failed. */
export function useFreshUser(): void {
  const client = useKeyturn();
  const unknown = useUser() === null;
  const reload = (): void => {
    client.reloadUser().catch(() => null);
  };
  useWhenBack(reload);
  // The client is asking already while nothing is known; it is given the time.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the page opens, not at each change
  useEffect(() => {
    const timer = setTimeout(reload, unknown ? 3_000 : 0);
    return () => clearTimeout(timer);
  }, [client]);
}
