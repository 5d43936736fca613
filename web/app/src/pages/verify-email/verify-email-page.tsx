import { type ReactNode, useState } from "react";
import { useHistoryState } from "wouter/use-browser-location";
import { takeKeyOfLink } from "../key-of-link";
import { flowStateOf } from "../use-step";
import { VerifyByCode } from "./verify-by-code";
import { VerifyByLink } from "./verify-by-link";

/** Confirm an address: by the code, in the flow that sent it, or by the link of the mail, anywhere. */
export function VerifyEmailPage(): ReactNode {
  const [key] = useState(takeKeyOfLink);
  const { email } = flowStateOf(useHistoryState());
  return key === null ? <VerifyByCode email={email ?? null} /> : <VerifyByLink linkKey={key} />;
}
