import { useSession } from "@keyturn/client/react";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { Redirect, useLocation, useSearch } from "wouter";
import { recall, remember } from "../memory";
import { SignInPage } from "../pages/sign-in/sign-in-page";
import { Broken } from "./broken";
import { EntryFrame } from "./entry-frame";
import { PATHS, placeAfterSignIn, signInThenBackTo } from "./paths";
import { Waiting } from "./waiting";

const loadAccountArea = () => import("./account-area");
const loadEntryArea = () => import("./entry-area");
const AccountArea = lazy(async () => ({ default: (await loadAccountArea()).AccountArea }));
const loadStepArea = () => import("./step-area");
const StepArea = lazy(async () => ({ default: (await loadStepArea()).StepArea }));
const EntryArea = lazy(async () => ({ default: (await loadEntryArea()).EntryArea }));

const ACCOUNT_PATHS: readonly string[] = [PATHS.home, PATHS.profile, PATHS.security, PATHS.activity];
const ENTRY_PATHS: readonly string[] = [
  PATHS.signIn,
  PATHS.secondFactor,
  PATHS.mailCode,
  PATHS.signUp,
  PATHS.forgotPassword,
];

const STEP_PATHS: readonly string[] = [
  PATHS.secondFactor,
  PATHS.setUpFactor,
  PATHS.mailCode,
  PATHS.mailLink,
  PATHS.provider,
  PATHS.providerSignUp,
];

/** Which page an address shows, and to whom. */
export function Routes(): ReactNode {
  const [here] = useLocation();
  if (ACCOUNT_PATHS.includes(here)) return <AccountRoutes here={here} />;
  return <EntryRoutes here={here} />;
}

/** For somebody signed in; others sign in first and come back. */
function AccountRoutes({ here }: { readonly here: string }): ReactNode {
  const session = useSession();

  useEffect(() => {
    if (session.status === "signed-in") remember("was-here", "yes");
  }, [session.status]);

  if (session.status === "signed-out") {
    const wished = session.reason === "signed_out";
    return <Redirect to={wished ? PATHS.signIn : signInThenBackTo(here)} replace />;
  }
  const waiting = (
    <main className="account__main">
      <Waiting />
    </main>
  );
  // A first visitor will be asked to sign in: what is behind that need not be loaded yet.
  if (session.status === "loading" && recall("was-here") === null) return waiting;
  return (
    <Suspense fallback={waiting}>
      <AccountArea here={here} />
    </Suspense>
  );
}

/**
 * For somebody who is not signed in yet. They are drawn while that is still being found out, so that a first visitor
 * can type at once; somebody who turns out to be signed in is led on.
 */
function EntryRoutes({ here }: { readonly here: string }): ReactNode {
  const session = useSession();
  const search = useSearch();

  useEffect(() => {
    // Once the reader does something: what comes next. What could not be loaded is asked for again when it is needed.
    const done = new AbortController();
    const next = (): void => {
      done.abort();
      Promise.all([loadEntryArea(), loadAccountArea(), loadStepArea()]).catch(() => {});
    };
    for (const deed of ["pointerdown", "keydown"]) addEventListener(deed, next, { signal: done.signal });
    return () => done.abort();
  }, []);

  if (session.status === "signed-in" && ENTRY_PATHS.includes(here))
    return <Redirect to={placeAfterSignIn(search)} replace />;
  return (
    <EntryFrame>
      <Broken key={here}>
        {here === PATHS.signIn ? (
          <SignInPage />
        ) : (
          <Suspense fallback={<Waiting />}>
            {STEP_PATHS.includes(here) ? <StepArea /> : <EntryArea />}
          </Suspense>
        )}
      </Broken>
    </EntryFrame>
  );
}
