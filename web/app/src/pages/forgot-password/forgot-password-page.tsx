import { requestPasswordReset } from "@keyturn/client/account";
import { useKeyturn } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Button, Field, Page } from "../../design";
import { Form, useForm } from "../../forms";
import { useBasicWords } from "../../i18n";
import { looksLikeAddress } from "../address";
import { BackToSignIn } from "../back-to-sign-in";
import { useStep } from "../use-step";

/** Ask for a mail with a code for a new password. The answer is the same for an address that nobody has. */
export function ForgotPasswordPage(): ReactNode {
  const { entry, problems } = useBasicWords();
  const words = entry.forgot;
  const client = useKeyturn();
  const goOn = useStep();
  const form = useForm({
    names: ["email"],
    required: ["email"],
    check: ({ email }) => (looksLikeAddress(email) ? {} : { email: problems.field.invalid }),
    submit: async ({ email }) => {
      goOn(await requestPasswordReset(client, { email: email.trim() }), { email: email.trim() });
    },
  });
  return (
    <Page title={words.title} about={words.about}>
      <Form form={form}>
        <Field
          {...form.bind("email")}
          label={entry.email}
          type="email"
          inputMode="email"
          autoComplete="email"
          enterKeyHint="send"
        />
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {words.submit}
        </Button>
      </Form>
      <BackToSignIn />
    </Page>
  );
}
