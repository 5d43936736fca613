import type { ReactNode } from "react";
import { Notice } from "../design";
import type { FormState } from "./use-form";

interface FormProps<Name extends string> {
  readonly form: FormState<Name>;
  readonly children: ReactNode;
  /** For screen readers, where no heading names it. */
  readonly label?: string;
}

/**
 * A form of `useForm`: what is wrong with it as a whole stands above its inputs. `post` matters only before the script
 * is there: what is typed must not become part of an address.
 */
export function Form<Name extends string>({ form, children, label }: FormProps<Name>): ReactNode {
  return (
    <form
      className="form"
      ref={form.form}
      method="post"
      noValidate
      onSubmit={form.onSubmit}
      aria-label={label}
    >
      {form.problem !== null && (
        <div data-form-problem tabIndex={-1}>
          <Notice tone="bad" role="alert">
            {form.problem}
          </Notice>
        </div>
      )}
      {children}
    </form>
  );
}
