import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from "react";
import { useBasicWords } from "../i18n";
import { classes } from "./classes";
import { Sign } from "./sign";

export interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "id"> {
  readonly label: string;
  readonly name: string;
  /** What helps before anything is wrong. */
  readonly hint?: ReactNode;
  /** What is wrong, in a sentence; in place of nothing, never of the hint. */
  readonly problem?: string | null | undefined;
  /** Beside the label, as "Forgot it?". After the input in the order of the keyboard. */
  readonly aside?: ReactNode;
  readonly optional?: boolean;
  /** Inside the box, at its end. */
  readonly inside?: ReactNode;
  readonly ref?: Ref<HTMLInputElement>;
}

/** A label, its input, a hint and what is wrong, held together for screen readers. */
export function Field(props: FieldProps): ReactNode {
  const { label, hint, problem, aside, optional = false, inside, className, ...input } = props;
  const { common: words } = useBasicWords();
  const id = useId();
  const described = [problem ? `${id}-problem` : "", hint ? `${id}-hint` : ""].filter(Boolean).join(" ");
  return (
    <div className="field">
      <div className="field__top">
        <label className="field__label" htmlFor={id}>
          {label}
          {optional && <span className="field__optional">{words.optional}</span>}
        </label>
        {aside && <span className="field__aside">{aside}</span>}
      </div>
      <div className="field__box">
        <input
          type="text"
          {...input}
          id={id}
          className={classes("input", inside !== undefined && "input--with-button", className)}
          aria-invalid={problem ? true : undefined}
          aria-describedby={described || undefined}
        />
        {inside}
      </div>
      {problem && (
        <p className="field__problem" id={`${id}-problem`}>
          <Sign name="alert" size={16} />
          <span>{problem}</span>
        </p>
      )}
      {hint && (
        <p className="field__hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
