import type { Step } from "@keyturn/client";
import type { ReactNode } from "react";
import { Button, Page } from "../design";
import { Form, useForm } from "../forms";
import { BackToSignIn } from "./back-to-sign-in";
import { forgetKeyOfLink } from "./key-of-link";
import { ofLink } from "./of-link";
import { type FlowState, useStep } from "./use-step";

interface LinkPageProps {
  readonly title: string;
  readonly about: string;
  /** What stands on the button. */
  readonly submit: string;
  /** For whoever did not ask for the mail. */
  readonly stray: string;
  /** Uses the key of the link. What it throws is told on the form. */
  readonly use: () => Promise<Step>;
  /** What the next page is told. */
  readonly state?: FlowState;
}

/** One press: opening the page changes nothing, since programs that look into mails open links too. */
export function LinkPage({ title, about, submit, stray, use, state }: LinkPageProps): ReactNode {
  const goOn = useStep();
  const form = useForm({
    names: [],
    submit: async () => {
      const step = await use().catch((error: unknown) => {
        throw ofLink(error);
      });
      forgetKeyOfLink();
      goOn(step, state);
    },
  });
  return (
    <Page title={title} about={about}>
      <Form form={form}>
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {submit}
        </Button>
      </Form>
      <p className="soft small">{stray}</p>
      <BackToSignIn />
    </Page>
  );
}
