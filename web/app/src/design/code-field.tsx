import type { ReactNode } from "react";
import { Field, type FieldProps } from "./field";

/** A code from a mail, as BCDF-GHJK: large and evenly spaced, to be compared with the mail at a glance. */
export function CodeField(props: Omit<FieldProps, "type" | "inside" | "className">): ReactNode {
  return (
    <Field
      autoComplete="one-time-code"
      autoCapitalize="characters"
      autoCorrect="off"
      spellCheck={false}
      enterKeyHint="go"
      placeholder="XXXX-XXXX"
      maxLength={32}
      {...props}
      className="input--code"
    />
  );
}
