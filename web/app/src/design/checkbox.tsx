import { type InputHTMLAttributes, type ReactNode, useId } from "react";

interface CheckboxProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "id" | "type"> {
  readonly label: string;
  readonly name: string;
  readonly hint?: ReactNode;
}

/** Yes or no, beside its words. */
export function Checkbox({ label, hint, ...input }: CheckboxProps): ReactNode {
  const id = useId();
  return (
    <div className="checkbox">
      <input
        {...input}
        type="checkbox"
        id={id}
        className="checkbox__box"
        aria-describedby={hint ? `${id}-hint` : undefined}
      />
      <div className="checkbox__words">
        <label className="checkbox__label" htmlFor={id}>
          {label}
        </label>
        {hint && (
          <p className="field__hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
