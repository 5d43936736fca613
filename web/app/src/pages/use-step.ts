import type { Step } from "@keyturn/client";
import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";
import { PATHS, placeAfterSignIn } from "../shell/paths";

/** What one page of a flow tells the next, in the history's state and never in an address. */
export interface FlowState {
  /** Where the mail went. */
  readonly email?: string;
  /** What was typed as an address before. */
  readonly typed?: string;
  /** The second factors that will do. */
  readonly methods?: readonly string[];
  /** What was just done, told on the page that comes next. */
  readonly done?: Done;
}

const DONE = ["verified", "reset", "linked"] as const;
export type Done = (typeof DONE)[number];

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

/** The state that the page before left, as far as it has our form: history is anybody's to write. */
export function flowStateOf(state: unknown): FlowState {
  if (typeof state !== "object" || state === null) return {};
  const { email, typed, methods, done } = state as Record<string, unknown>;
  const known = DONE.find((one) => one === done);
  return {
    ...(typeof email === "string" && { email }),
    ...(typeof typed === "string" && { typed }),
    ...(isTexts(methods) && { methods }),
    ...(known !== undefined && { done: known }),
  };
}

/** Go where a step of a flow leads. */
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
          navigate(`${PATHS.secondFactor}${kept}`, { state: { methods: step.methods } });
          break;
        case "set-up-factor":
          navigate(`${PATHS.setUpFactor}${kept}`);
          break;
        case "sign-in-code":
          navigate(`${PATHS.mailCode}${kept}`, { state });
          break;
        case "provider-sign-up":
          navigate(`${PATHS.providerSignUp}${kept}`);
          break;
      }
    },
    [navigate, search],
  );
}
