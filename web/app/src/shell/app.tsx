import type { KeyturnClient } from "@keyturn/client";
import { KeyturnProvider } from "@keyturn/client/react";
import { type ReactNode, useEffect, useRef } from "react";
import { Router, useLocation } from "wouter";
import { type BasicWords, BasicWordsProvider, type Locale } from "../i18n";
import { Broken } from "./broken";
import { noteMove } from "./navigation";
import { Routes } from "./routes";

interface AppProps {
  readonly client: KeyturnClient;
  readonly first: { readonly locale: Locale; readonly words: BasicWords };
}

/** The whole app. */
export function App({ client, first }: AppProps): ReactNode {
  return (
    <BasicWordsProvider first={first}>
      <KeyturnProvider client={client}>
        <Router>
          <Moves>
            <Broken>
              <Routes />
            </Broken>
          </Moves>
        </Router>
      </KeyturnProvider>
    </BasicWordsProvider>
  );
}

/** Notes that one has moved, before the page that comes next is drawn. */
function Moves({ children }: { readonly children: ReactNode }): ReactNode {
  const [here] = useLocation();
  const before = useRef(here);
  if (before.current !== here) noteMove();
  useEffect(() => {
    before.current = here;
  }, [here]);
  return children;
}
