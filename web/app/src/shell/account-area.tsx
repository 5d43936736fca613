import { useSession } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Route, Switch } from "wouter";
import { AllWordsProvider } from "../i18n/all-words";
import { ActivityPage } from "../pages/activity/activity-page";
import { HomePage } from "../pages/home/home-page";
import { ProfilePage } from "../pages/profile/profile-page";
import { SecurityPage } from "../pages/security/security-page";
import { StepUpPrompt } from "../pages/step-up/step-up";
import { AccountFrame } from "./account-frame";
import { Broken } from "./broken";
import { PATHS } from "./paths";
import { Waiting } from "./waiting";

/** The pages for somebody signed in, in their frame. They come all at once: offline one can still go from each to each. */
export function AccountArea({ here }: { readonly here: string }): ReactNode {
  const session = useSession();
  const user = session.status === "signed-in" ? session.user : null;
  /** Whose pages these are, and how many users had them before: nothing of theirs may stay on the screen. */
  const [whose, setWhose] = useState({ id: user?.id, before: 0 });
  if (user !== null && user.id !== whose.id)
    setWhose({ id: user.id, before: whose.id === undefined ? 0 : whose.before + 1 });
  // Somebody else has signed in, in another tab, and it is not known yet who.
  const changing = user === null && whose.id !== undefined;
  return (
    <AccountFrame>
      {session.status === "loading" || changing ? (
        <Waiting />
      ) : (
        <AllWordsProvider waiting={<Waiting />}>
          <Broken key={`${whose.before} ${here}`}>
            <Switch>
              <Route path={PATHS.home} component={HomePage} />
              <Route path={PATHS.profile} component={ProfilePage} />
              <Route path={PATHS.security} component={SecurityPage} />
              <Route path={PATHS.activity} component={ActivityPage} />
            </Switch>
          </Broken>
          <StepUpPrompt />
        </AllWordsProvider>
      )}
    </AccountFrame>
  );
}
