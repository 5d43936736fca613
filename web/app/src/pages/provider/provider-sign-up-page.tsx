import { providerSignUp } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Button, EmailField, Page, UsernameField } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { looksLikeAddress } from "../address";
import { BackToSignIn } from "../back-to-sign-in";
import { useStep } from "../use-step";

/** The first sign-in by another service, where it does not tell all that an account needs. */
export function ProviderSignUpPage(): ReactNode {
  const { entry, problems, steps } = useWords();
  const words = steps.providerSignUp;
  const client = useKeyturn();
  const goOn = useStep();
  const form = useForm({
    names: ["email", "username"],
    check: ({ email }) =>
      email.trim() === "" || looksLikeAddress(email) ? {} : { email: problems.field.invalid },
    submit: async ({ email, username }) => {
      const [address, name] = [email.trim(), username.trim()];
      const step = await providerSignUp(client, {
        ...(address !== "" && { email: address }),
        ...(name !== "" && { username: name }),
      });
      goOn(step, address === "" ? {} : { email: address });
    },
  });
  return (
    <Page title={words.title} about={words.about}>
      <Form form={form}>
        <EmailField {...form.bind("email")} label={entry.email} hint={words.emailHint} optional />
        <UsernameField
          {...form.bind("username")}
          label={entry.username}
          hint={words.usernameHint}
          optional
          enterKeyHint="go"
        />
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {words.submit}
        </Button>
      </Form>
      <BackToSignIn />
    </Page>
  );
}
