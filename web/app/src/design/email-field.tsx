import type { ReactNode } from "react";
import { Field, type FieldProps } from "./field";

/** An e-mail address of the reader's own. */
export function EmailField(props: Omit<FieldProps, "type" | "inside">): ReactNode {
  return (
    <Field
      autoComplete="email"
      autoCapitalize="none"
      spellCheck={false}
      enterKeyHint="next"
      {...props}
      type="email"
      inputMode="email"
    />
  );
}
