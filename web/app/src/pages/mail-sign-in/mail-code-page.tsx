import { mailSignInCode, resendSignInCode, signInWithMailCode } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { useHistoryState } from "wouter/use-browser-location";
import { Button, CodeField, Page } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { AddressPage } from "../address-page";
import { AnotherCode } from "../another-code";
import { BackToSignIn } from "../back-to-sign-in";
import { InboxLink } from "../inbox-link";
import { atField } from "../shared/at-field";
import { flowStateOf, useStep } from "../use-step";

/**
 * Sign in with a code from a mail: first the address, then the code. The answer is the same for an address that nobody
 * has.
 */
export function MailCodePage(): ReactNode {
  const { email, typed } = flowStateOf(useHistoryState());
  const [address, setAddress] = useState(email ?? null);
  const words = useWords().steps.mailCode;
  const client = useKeyturn();
  const goOn = useStep();
  if (address !== null) return <EnterCode email={address} onOther={() => setAddress(null)} />;
  return (
    <AddressPage
      title={words.askTitle}
      about={words.ask}
      submit={words.askSubmit}
      typed={typed}
      send={async (to) => {
        const step = await mailSignInCode(client, { email: to });
        if (step.step === "sign-in-code") setAddress(to);
        else goOn(step);
      }}
    />
  );
}

interface EnterCodeProps {
  readonly email: string;
  readonly onOther: () => void;
}

function EnterCode({ email, onOther }: EnterCodeProps): ReactNode {
  const { entry, refusals, steps } = useWords();
  const words = steps.mailCode;
  const client = useKeyturn();
  const goOn = useStep();
  const form = useForm({
    names: ["code"],
    required: ["code"],
    submit: async ({ code }) => {
      const step = await signInWithMailCode(client, { code: code.trim() }).catch((error: unknown) => {
        throw atField(error, "wrong_code", "code", refusals.field.wrong_code);
      });
      goOn(step);
    },
  });
  return (
    <Page title={words.title} about={`${words.sentTo(email)} ${words.elsewhere}`}>
      <Form form={form}>
        <CodeField {...form.bind("code")} label={entry.code} hint={entry.codeHint} />
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {words.submit}
        </Button>
      </Form>
      <AnotherCode send={() => resendSignInCode(client)} />
      <Button kind="quiet" wide onClick={onOther}>
        {words.other}
      </Button>
      <InboxLink />
      <BackToSignIn />
    </Page>
  );
}
