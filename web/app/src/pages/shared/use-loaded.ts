/** Something that is fetched when a page opens, and again when the server is back. */
import { useSession } from "@keyturn/client/react";
import { useCallback, useEffect, useRef, useState } from "react";

export type Loaded<T> =
  | { readonly status: "loading" }
  | { readonly status: "loaded"; readonly value: T }
  | { readonly status: "failed"; readonly error: unknown };

export interface Loading<T> {
  readonly state: Loaded<T>;
  /** Fetches again; what is there stays on the screen until the answer has come. */
  readonly reload: () => Promise<void>;
  /** Puts a value in place that is known without asking. */
  readonly put: (value: T) => void;
}

/**
 * @param load what fetches it; kept the same between renders (`useCallback`), or it is called again for each.
 */
export function useLoaded<T>(load: () => Promise<T>): Loading<T> {
  const [state, setState] = useState<Loaded<T>>({ status: "loading" });
  const latest = useRef(0);

  const reload = useCallback(async () => {
    const mine = ++latest.current;
    try {
      const value = await load();
      if (mine === latest.current) setState({ status: "loaded", value });
    } catch (error) {
      if (mine !== latest.current) return;
      setState((before) => (before.status === "loaded" ? before : { status: "failed", error }));
    }
  }, [load]);

  const put = useCallback((value: T) => {
    latest.current += 1;
    setState({ status: "loaded", value });
  }, []);

  useEffect(() => {
    void reload();
    return () => {
      latest.current += 1;
    };
  }, [reload]);

  const session = useSession();
  const online = session.status === "signed-in" && session.online;
  const failed = state.status === "failed";
  // biome-ignore lint/correctness/useExhaustiveDependencies: only once the server can be reached again; a failure while it can is for the reader to try again
  useEffect(() => {
    if (online && failed) void reload();
  }, [online]);

  return { state, reload, put };
}
