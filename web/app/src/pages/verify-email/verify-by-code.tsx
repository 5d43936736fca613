import { resendEmailCode } from "@keyturn/client/account";
import { useKeyturn } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Button, CodeField, Page } from "../../design";
import { Form, useForm } from "../../forms";
import { useBasicWords } from "../../i18n";
import { AnotherCode } from "../another-code";
import { BackToSignIn } from "../back-to-sign-in";
import { InboxLink } from "../inbox-link";
import { useStep } from "../use-step";

/** The code of the mail, and another mail. */
export function VerifyByCode({ email }: { readonly email: string | null }): ReactNode {
  const { entry } = useBasicWords();
  const client = useKeyturn();
  const goOn = useStep();
  const form = useForm({
    names: ["key"],
    required: ["key"],
    submit: async ({ key }) => goOn(await client.verifyEmail({ key: key.trim() }), { done: "verified" }),
  });
  return (
    <Page
      title={entry.verify.title}
      about={`${email === null ? entry.verify.sent : entry.verify.sentTo(email)} ${entry.verify.elsewhere}`}
    >
      <Form form={form}>
        <CodeField {...form.bind("key")} label={entry.code} hint={entry.codeHint} />
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {entry.verify.submit}
        </Button>
      </Form>
      <AnotherCode send={() => resendEmailCode(client)} />
      <InboxLink />
      <BackToSignIn />
    </Page>
  );
}
