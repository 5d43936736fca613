import type { ReactNode } from "react";
import { Button, EmailField, Page } from "../design";
import { Form, useForm } from "../forms";
import { useBasicWords } from "../i18n";
import { looksLikeAddress } from "./address";
import { BackToSignIn } from "./back-to-sign-in";

interface AddressPageProps {
  readonly title: string;
  readonly about: string;
  /** What stands on the button. */
  readonly submit: string;
  /** What was typed as an address before. */
  readonly typed?: string | undefined;
  /** Has a mail sent there. What it throws is told on the form. */
  readonly send: (email: string) => Promise<void>;
}

/** Ask where a mail is to go. */
export function AddressPage({ title, about, submit, typed, send }: AddressPageProps): ReactNode {
  const { entry, problems } = useBasicWords();
  const form = useForm({
    names: ["email"],
    required: ["email"],
    check: ({ email }) => (looksLikeAddress(email) ? {} : { email: problems.field.invalid }),
    submit: ({ email }) => send(email.trim()),
  });
  return (
    <Page title={title} about={about}>
      <Form form={form}>
        <EmailField {...form.bind("email")} label={entry.email} enterKeyHint="send" defaultValue={typed} />
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {submit}
        </Button>
      </Form>
      <BackToSignIn />
    </Page>
  );
}
