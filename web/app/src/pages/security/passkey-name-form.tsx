import type { ReactNode } from "react";
import { type RefObject, useState } from "react";
import { Button, Buttons, Field, Notice } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { useFirstInput } from "../shared/focus";
import { gaveUp } from "../shared/given-up";
import { problemOfPasskey } from "../shared/passkey-problem";

interface PasskeyNameFormProps {
  readonly name: string;
  readonly submit: string;
  readonly onSend: (name: string) => Promise<void>;
  readonly onCancel: () => void;
}

/** What a passkey is called, to know it again. */
export function PasskeyNameForm({ name, submit, onSend, onCancel }: PasskeyNameFormProps): ReactNode {
  const allWords = useWords();
  const words = allWords.factors.passkeys;
  const [problem, setProblem] = useState<string | null>(null);
  const form = useForm({
    names: ["name"],
    required: ["name"],
    submit: async ({ name: typed }) => {
      setProblem(null);
      try {
        await onSend(typed.trim());
      } catch (error) {
        if (gaveUp(error)) return;
        const { form: whole, fields } = problemOfPasskey(error, allWords);
        if (whole === null || Object.keys(fields).length > 0) throw error;
        setProblem(whole);
      }
    },
  });
  useFirstInput(form.form as RefObject<HTMLFormElement | null>);
  return (
    <div className="narrow">
      <Form form={form} label={submit}>
        {problem !== null && (
          <Notice tone="bad" role="alert">
            {problem}
          </Notice>
        )}
        <Field
          {...form.bind("name")}
          label={words.name}
          hint={words.nameHint}
          defaultValue={name}
          maxLength={100}
          autoComplete="off"
        />
        <Buttons>
          <Button kind="primary" type="submit" busy={form.busy}>
            {submit}
          </Button>
          <Button onClick={onCancel}>{allWords.common.cancel}</Button>
        </Buttons>
      </Form>
    </div>
  );
}
