import type { ReactNode } from "react";
import { classes } from "./classes";
import { Field, type FieldProps } from "./field";

interface CodeFieldProps extends Omit<FieldProps, "type" | "inside" | "className"> {
  /** Of four groups instead of two: smaller, so that a phone shows the whole of it. */
  readonly long?: boolean;
}

/** A code from a mail, as BCDF-GHJK: large and evenly spaced, to be compared with the mail at a glance. */
export function CodeField({ long = false, ...props }: CodeFieldProps): ReactNode {
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
      className={classes("input--code", long && "input--code-long")}
    />
  );
}
