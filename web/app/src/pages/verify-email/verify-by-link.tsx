import { useKeyturn } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Button, Page } from "../../design";
import { Form, useForm } from "../../forms";
import { useBasicWords } from "../../i18n";
import { BackToSignIn } from "../back-to-sign-in";
import { forgetKeyOfLink } from "../key-of-link";
import { ofLink } from "../of-link";
import { useStep } from "../use-step";

/** One press: opening the page changes nothing, since programs that look into mails open links too. */
export function VerifyByLink({ linkKey }: { readonly linkKey: string }): ReactNode {
  const { entry } = useBasicWords();
  const words = entry.verify;
  const client = useKeyturn();
  const goOn = useStep();
  const form = useForm({
    names: [],
    submit: async () => {
      const step = await client.verifyEmail({ key: linkKey }).catch((error: unknown) => {
        throw ofLink(error);
      });
      forgetKeyOfLink();
      goOn(step, { done: "verified" });
    },
  });
  return (
    <Page title={words.linkTitle} about={words.linkText}>
      <Form form={form}>
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {words.linkSubmit}
        </Button>
      </Form>
      <p className="soft small">{words.stray}</p>
      <BackToSignIn />
    </Page>
  );
}
