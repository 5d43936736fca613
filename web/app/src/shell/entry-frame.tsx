import type { ReactNode } from "react";
import { useBasicWords } from "../i18n";
import { Brand } from "./brand";
import { LockPicture } from "./lock-picture";
import { Preferences } from "./preferences";
import { ServerLinks } from "./server-links";
import { SkipLink } from "./skip-link";

/** What the pages for somebody who is not signed in stand in: one column, and on wide screens a picture beside it. */
export function EntryFrame({ children }: { readonly children: ReactNode }): ReactNode {
  const { entry: words } = useBasicWords();
  return (
    <div className="entry">
      <SkipLink />
      <div className="entry__side">
        <header className="entry__header">
          <Brand />
        </header>
        <main className="entry__main" id="content" tabIndex={-1}>
          {children}
        </main>
        <footer className="entry__footer">
          <ServerLinks />
          <Preferences />
        </footer>
      </div>
      <aside className="entry__picture" aria-hidden="true">
        <LockPicture />
        <div className="entry__motto">
          <p className="entry__motto-title">{words.motto}</p>
          <p>{words.mottoText}</p>
        </div>
      </aside>
    </div>
  );
}
