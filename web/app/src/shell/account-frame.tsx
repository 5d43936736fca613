import { useKeyturn, useSession } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { Avatar, Button, Icon, type IconName, Notice } from "../design";
import { useBasicWords } from "../i18n";
import { Brand } from "./brand";
import { PATHS } from "./paths";
import { Preferences } from "./preferences";
import { ServerLinks } from "./server-links";
import { SkipLink } from "./skip-link";

const PLACES = [
  { name: "home", path: PATHS.home, icon: "home" },
  { name: "profile", path: PATHS.profile, icon: "user" },
  { name: "security", path: PATHS.security, icon: "shield" },
  { name: "activity", path: PATHS.activity, icon: "activity" },
] as const satisfies readonly { name: string; path: string; icon: IconName }[];

/** What the pages for somebody signed in stand in. On phones the menu is at the bottom, where the thumb is. */
export function AccountFrame({ children }: { readonly children: ReactNode }): ReactNode {
  const { common: words } = useBasicWords();
  const session = useSession();
  const [here] = useLocation();
  const online = session.status !== "signed-in" || session.online;
  return (
    <div className="account">
      <SkipLink />
      <header className="account__header">
        <div className="account__bar">
          <Brand />
          <nav className="menu" aria-label={words.mainMenu}>
            <ul className="menu__list">
              {PLACES.map(({ name, path, icon }) => (
                <li key={name}>
                  <Link href={path} className="menu__link" aria-current={here === path ? "page" : undefined}>
                    <Icon name={icon} />
                    <span>{words[name]}</span>
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <Whoami />
        </div>
      </header>
      <main className="account__main" id="content" tabIndex={-1}>
        <div role="status" className={online ? undefined : "account__notice"}>
          {!online && (
            <Notice tone="warn" title={words.offlineTitle}>
              {words.offline}
            </Notice>
          )}
        </div>
        {children}
      </main>
      <footer className="account__footer">
        <ServerLinks />
        <Preferences />
      </footer>
    </div>
  );
}

/** Who is signed in, and the way out. */
function Whoami(): ReactNode {
  const { common: words } = useBasicWords();
  const session = useSession();
  const client = useKeyturn();
  const [leaving, setLeaving] = useState(false);
  const name = session.status === "signed-in" ? (session.user?.username ?? "") : "";
  const leave = (): void => {
    setLeaving(true);
    client.signOut().finally(() => setLeaving(false));
  };
  return (
    <div className="whoami">
      {name !== "" && <Avatar name={name} />}
      <span className="whoami__name" title={name}>
        {name}
      </span>
      <Button small kind="secondary" busy={leaving} onClick={leave}>
        <Icon name="leave" size={16} />
        <span className="whoami__leave">{words.signOut}</span>
      </Button>
    </div>
  );
}
