/**
 * Keyturn in React: one provider at the top, hooks and three ways to show a part of a page below it.
 *
 * Everything here follows the client by `useSyncExternalStore`: what happens in another tab is seen here, and no
 * two parts of one picture disagree about who is signed in. On a server, where nobody is signed in to the page
 * that is being made, the state is `loading`.
 */
import { createContext, type ReactNode, useCallback, useContext, useSyncExternalStore } from "react";
import type { KeyturnClient, Session, User } from "./types.js";

export type SignedInSession = Extract<Session, { status: "signed-in" }>;
export type SignedOutSession = Extract<Session, { status: "signed-out" }>;

const ClientContext = createContext<KeyturnClient | null>(null);
const LOADING: Session = { status: "loading" };
const onServer = (): Session => LOADING;

export interface KeyturnProviderProps {
  /** Made once, outside of any component: `createClient({ baseUrl: "" })`. */
  readonly client: KeyturnClient;
  readonly children?: ReactNode;
}

/** Gives everything below it the client. It does not close the client: whoever made it does. */
export function KeyturnProvider({ client, children }: KeyturnProviderProps): ReactNode {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/**
 * The client itself, to sign in, sign out and fetch.
 *
 * @throws Error where no `KeyturnProvider` is above.
 */
export function useKeyturn(): KeyturnClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("Keyturn: put <KeyturnProvider client={…}> above whatever uses it.");
  return client;
}

/** What is known now; the component is drawn again whenever it changes, in this tab or another. */
export function useSession(): Session {
  const client = useKeyturn();
  const subscribe = useCallback((changed: () => void) => client.onChange(changed), [client]);
  return useSyncExternalStore(subscribe, () => client.getSession(), onServer);
}

/** Who is signed in; null while that is not known, and where nobody is. `useSession` tells these two apart. */
export function useUser(): User | null {
  const session = useSession();
  return session.status === "signed-in" ? session.user : null;
}

/** Its children while somebody is signed in, and nothing else. */
export function SignedIn({ children }: { readonly children?: ReactNode }): ReactNode {
  return useSession().status === "signed-in" ? children : null;
}

/** Its children once it is known that nobody is signed in. */
export function SignedOut({ children }: { readonly children?: ReactNode }): ReactNode {
  return useSession().status === "signed-out" ? children : null;
}

export interface GuardProps {
  readonly children?: ReactNode;
  /** While it is not known yet; nothing unless told. */
  readonly loading?: ReactNode;
  /** Where nobody is signed in: the way to the sign-in page, which a function may tell the reason of. */
  readonly fallback?: ReactNode | ((session: SignedOutSession) => ReactNode);
}

/**
 * What only somebody signed in may see. It keeps nothing secret by itself: that is for the server to do, which
 * refuses what comes without a token.
 */
export function Guard({ children, loading = null, fallback = null }: GuardProps): ReactNode {
  const session = useSession();
  if (session.status === "signed-in") return children;
  if (session.status === "loading") return loading;
  return typeof fallback === "function" ? fallback(session) : fallback;
}
