/** Every address of the app. The server answers exactly these with the page (keyturn_server). */
export const PATHS = {
  home: "/",
  signIn: "/sign-in",
  secondFactor: "/sign-in/second-factor",
  setUpFactor: "/sign-in/set-up",
  mailCode: "/sign-in/code",
  mailLink: "/sign-in/link",
  provider: "/sign-in/provider",
  signUp: "/sign-up",
  providerSignUp: "/sign-up/provider",
  verifyEmail: "/verify-email",
  forgotPassword: "/forgot-password",
  resetPassword: "/reset-password",
  profile: "/profile",
  security: "/security",
  activity: "/activity",
} as const;

/** Where one may be led after signing in: pages of this app for somebody signed in, and nothing else there is. */
const AFTER_SIGN_IN: ReadonlySet<string> = new Set([
  PATHS.home,
  PATHS.profile,
  PATHS.security,
  PATHS.activity,
]);

/**
 * Where `?next=` leads. It is compared with a closed list instead of being taken apart, so that no way of writing an
 * address of another site can pass (OWASP Unvalidated Redirects and Forwards Cheat Sheet).
 */
export function placeAfterSignIn(search: string): string {
  const wanted = new URLSearchParams(search).get("next") ?? "";
  return AFTER_SIGN_IN.has(wanted) ? wanted : PATHS.home;
}

/** The sign-in page, which leads back to `path` afterwards. */
export function signInThenBackTo(path: string): string {
  return AFTER_SIGN_IN.has(path) && path !== PATHS.home
    ? `${PATHS.signIn}?next=${encodeURIComponent(path)}`
    : PATHS.signIn;
}
