import { useSession } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Route, Switch } from "wouter";
import { AllWordsProvider } from "../i18n/all-words";
import { ActivityPage } from "../pages/activity/activity-page";
import { HomePage } from "../pages/home/home-page";
import { ProfilePage } from "../pages/profile/profile-page";
import { SecurityPage } from "../pages/security/security-page";
import { AccountFrame } from "./account-frame";
import { Broken } from "./broken";
import { PATHS } from "./paths";
import { Waiting } from "./waiting";

/** The pages for somebody signed in, in their frame. They come all at once: offline one can still go from each to each. */
export function AccountArea({ here }: { readonly here: string }): ReactNode {
  const session = useSession();
  return (
    <AccountFrame>
      {session.status === "loading" ? (
        <Waiting />
      ) : (
        <AllWordsProvider waiting={<Waiting />}>
          <Broken key={here}>
            <Switch>
              <Route path={PATHS.home} component={HomePage} />
              <Route path={PATHS.profile} component={ProfilePage} />
              <Route path={PATHS.security} component={SecurityPage} />
              <Route path={PATHS.activity} component={ActivityPage} />
            </Switch>
          </Broken>
        </AllWordsProvider>
      )}
    </AccountFrame>
  );
}
