import type { ReactNode } from "react";
import { Route, Switch } from "wouter";
import { ForgotPasswordPage } from "../pages/forgot-password/forgot-password-page";
import { ResetPasswordPage } from "../pages/reset-password/reset-password-page";
import { SignUpPage } from "../pages/sign-up/sign-up-page";
import { VerifyEmailPage } from "../pages/verify-email/verify-email-page";
import { NotFound } from "./not-found";
import { PATHS } from "./paths";

/** What somebody who is not signed in may need besides the sign-in page. */
export function EntryArea(): ReactNode {
  return (
    <Switch>
      <Route path={PATHS.signUp} component={SignUpPage} />
      <Route path={PATHS.verifyEmail} component={VerifyEmailPage} />
      <Route path={PATHS.forgotPassword} component={ForgotPasswordPage} />
      <Route path={PATHS.resetPassword} component={ResetPasswordPage} />
      <Route component={NotFound} />
    </Switch>
  );
}
