import type { ReactNode } from "react";
import { Field, type FieldProps } from "./field";

/** A user name, which no keyboard is to improve. */
export function UsernameField(props: Omit<FieldProps, "type" | "inside">): ReactNode {
  return (
    <Field
      autoComplete="username"
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      enterKeyHint="next"
      {...props}
    />
  );
}
