import type { ReactNode } from "react";
import { Route, Switch } from "wouter";
import { AllWordsProvider } from "../i18n/all-words";
import { MailCodePage } from "../pages/mail-sign-in/mail-code-page";
import { MailLinkPage } from "../pages/mail-sign-in/mail-link-page";
import { ProviderPage } from "../pages/provider/provider-page";
import { ProviderSignUpPage } from "../pages/provider/provider-sign-up-page";
import { SecondFactorPage } from "../pages/second-factor/second-factor-page";
import { SetUpFactorPage } from "../pages/set-up-factor/set-up-factor-page";
import { PATHS } from "./paths";
import { Waiting } from "./waiting";

/** What may come between the sign-in form and the account. */
export function StepArea(): ReactNode {
  return (
    <AllWordsProvider waiting={<Waiting />}>
      <Switch>
        <Route path={PATHS.secondFactor} component={SecondFactorPage} />
        <Route path={PATHS.setUpFactor} component={SetUpFactorPage} />
        <Route path={PATHS.mailCode} component={MailCodePage} />
        <Route path={PATHS.mailLink} component={MailLinkPage} />
        <Route path={PATHS.provider} component={ProviderPage} />
        <Route path={PATHS.providerSignUp} component={ProviderSignUpPage} />
      </Switch>
    </AllWordsProvider>
  );
}
