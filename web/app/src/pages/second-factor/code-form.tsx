import type { ReactNode } from "react";
import { Button, CodeField } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { useFirstInput } from "../shared/focus";
import { ofCode } from "../shared/of-code";
import { OtpField } from "../shared/otp-field";
import type { Kind } from "./kinds";

interface CodeFormProps {
  readonly kind: Kind;
  /** Whether it is the first thing to do here. */
  readonly primary: boolean;
  readonly send: (code: string) => Promise<void>;
}

/** A code that is typed. */
export function CodeForm({ kind, primary, send }: CodeFormProps): ReactNode {
  const { steps } = useWords();
  const words = steps.secondFactor;
  const form = useForm({
    names: ["code"],
    required: ["code"],
    submit: ({ code }) =>
      send(code.trim()).catch((error: unknown) => {
        throw ofCode(error, "code");
      }),
  });
  useFirstInput(form.form);
  return (
    <Form form={form}>
      {kind === "app" ? (
        <OtpField {...form.bind("code")} label={words.code} hint={words.codeHint} />
      ) : (
        <CodeField
          {...form.bind("code")}
          label={words.recovery}
          hint={words.recoveryHint}
          long
          autoComplete="off"
          placeholder="XXXX-XXXX-XXXX-XXXX"
        />
      )}
      <Button type="submit" kind={primary ? "primary" : "secondary"} wide busy={form.busy}>
        {words.submit}
      </Button>
    </Form>
  );
}
