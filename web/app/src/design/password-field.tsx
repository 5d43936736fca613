import { type ReactNode, useEffect, useRef, useState } from "react";
import { useBasicWords } from "../i18n";
import { Field, type FieldProps } from "./field";

/** A password, which can be looked at while it is typed. It is hidden again before the form is sent. */
export function PasswordField(props: Omit<FieldProps, "type" | "inside" | "ref">): ReactNode {
  const { common: words } = useBasicWords();
  const [shown, setShown] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const form = input.current?.form;
    // Browsers keep what text fields were sent with, to offer it again; a password must not be among it.
    const hide = (): void => setShown(false);
    form?.addEventListener("submit", hide);
    return () => form?.removeEventListener("submit", hide);
  }, []);

  return (
    <Field
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      {...props}
      ref={input}
      type={shown ? "text" : "password"}
      inside={
        <button
          type="button"
          className="field__inside"
          aria-pressed={shown}
          aria-label={words.showPassword(props.label)}
          onClick={() => setShown(!shown)}
        >
          {shown ? words.hide : words.show}
        </button>
      }
    />
  );
}
