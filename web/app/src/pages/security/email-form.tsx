import type { ReactNode } from "react";
import { Button, Buttons, Field } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { useFirstInput } from "../shared/focus";
import { GivenUp } from "../shared/proof";

interface EmailFormProps {
  readonly onSend: (email: string) => Promise<unknown>;
  readonly onSent: () => Promise<void>;
  readonly onCancel: () => void;
}

/** Another address; a code goes there. */
export function EmailForm({ onSend, onSent, onCancel }: EmailFormProps): ReactNode {
  const { security, common } = useWords();
  const words = security.email;
  const form = useForm({
    names: ["email"],
    required: ["email"],
    submit: async ({ email }) => {
      try {
        await onSend(email.trim());
      } catch (error) {
        if (error instanceof GivenUp) return;
        throw error;
      }
      await onSent();
    },
  });
  useFirstInput(form.form);
  return (
    <div className="narrow">
      <Form form={form} label={words.change}>
        <Field
          {...form.bind("email")}
          type="email"
          label={words.field}
          hint={words.hint}
          autoComplete="email"
          autoCapitalize="none"
          spellCheck={false}
          inputMode="email"
        />
        <Buttons>
          <Button kind="primary" type="submit" busy={form.busy}>
            {words.send}
          </Button>
          <Button onClick={onCancel}>{common.cancel}</Button>
        </Buttons>
      </Form>
    </div>
  );
}
