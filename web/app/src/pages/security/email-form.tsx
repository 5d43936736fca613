import type { ReactNode } from "react";
import { Button, Buttons, EmailField } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { useFirstInput } from "../shared/focus";
import { gaveUp } from "../shared/given-up";

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
        if (gaveUp(error)) return;
        throw error;
      }
      await onSent();
    },
  });
  useFirstInput(form.form);
  return (
    <div className="narrow">
      <Form form={form} label={words.change}>
        <EmailField {...form.bind("email")} label={words.field} hint={words.hint} enterKeyHint="send" />
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
