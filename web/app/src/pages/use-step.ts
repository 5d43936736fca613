import { KeyturnError, type Step } from "@keyturn/client";
import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";
import { PATHS, placeAfterSignIn } from "../shell/paths";

/** What one page of a flow tells the next, in the history's state and never in an address. */
export interface FlowState {
  /** Where the mail went. */
  readonly email?: string;
  /** What was just done, told on the sign-in page. */
  readonly done?: "verified" | "reset";
}

/** The state that the page before left, as far as it has our form: history is anybody's to write. */
export function flowStateOf(state: unknown): FlowState {
  if (typeof state !== "object" || state === null) return {};
  const { email, done } = state as Record<string, unknown>;
  return {
    ...(typeof email === "string" && { email }),
    ...((done === "verified" || done === "reset") && { done }),
  };
}

/**
 * Go where a step of a flow leads.
 *
 * @throws KeyturnError where this app has no page for it; a form tells it as it tells the server's errors.
 */
export function useStep(): (step: Step, state?: FlowState) => void {
  const [, navigate] = useLocation();
  const search = useSearch();
  return useCallback(
    (step, state = {}) => {
      const kept = search === "" ? "" : `?${search}`;
      switch (step.step) {
        case "signed-in":
          navigate(placeAfterSignIn(search), { replace: true });
          break;
        case "verify-email":
          navigate(`${PATHS.verifyEmail}${kept}`, { state });
          break;
        case "reset-password":
          navigate(`${PATHS.resetPassword}${kept}`, { state });
          break;
        case "sign-in":
          navigate(PATHS.signIn, { state });
          break;
        case "second-factor":
          throw new KeyturnError("A second factor is required.", { status: 401, code: "mfa_required" });
      }
    },
    [navigate, search],
  );
}
