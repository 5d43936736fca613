import type { ReactNode } from "react";
import { Field, type FieldProps } from "../../design";

/** Six digits of an authenticator app. */
export function OtpField(props: Omit<FieldProps, "type" | "inside" | "className">): ReactNode {
  return (
    <Field
      autoComplete="one-time-code"
      inputMode="numeric"
      autoCorrect="off"
      spellCheck={false}
      enterKeyHint="go"
      placeholder="000000"
      maxLength={12}
      {...props}
      className="input--code"
    />
  );
}
