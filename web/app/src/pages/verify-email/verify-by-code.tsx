import { resendEmailCode } from "@keyturn/client/account";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { config } from "../../config";
import { Button, ButtonLink, CodeField, Notice, Page } from "../../design";
import { Form, problemOf, useForm } from "../../forms";
import { useBasicWords } from "../../i18n";
import { BackToSignIn } from "../back-to-sign-in";
import { useStep } from "../use-step";

/** The code of the mail, and another mail. */
export function VerifyByCode({ email }: { readonly email: string | null }): ReactNode {
  const words = useBasicWords();
  const { entry } = words;
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
      <AnotherCode />
      {config.links.inbox && (
        <ButtonLink to={config.links.inbox} outside apart wide>
          {entry.verify.inbox}
        </ButtonLink>
      )}
      <BackToSignIn />
    </Page>
  );
}

type Sending =
  | { readonly state: "idle" | "busy" | "sent" }
  | { readonly state: "failed"; readonly why: string };

/** The way to a new code, for when the first did not come. */
function AnotherCode(): ReactNode {
  const words = useBasicWords();
  const client = useKeyturn();
  const [sending, setSending] = useState<Sending>({ state: "idle" });
  const send = (): void => {
    setSending({ state: "busy" });
    resendEmailCode(client).then(
      () => setSending({ state: "sent" }),
      (error: unknown) =>
        setSending({ state: "failed", why: problemOf(error, words).form ?? words.problems.other }),
    );
  };
  return (
    <div className="another-code">
      <p className="soft small">{words.entry.verify.nothing}</p>
      <Button kind="quiet" small busy={sending.state === "busy"} onClick={send}>
        {words.entry.verify.again}
      </Button>
      <div className="another-code__told" role="status">
        {sending.state === "sent" && <Notice tone="good">{words.entry.verify.sentAgain}</Notice>}
        {sending.state === "failed" && <Notice tone="bad">{sending.why}</Notice>}
      </div>
    </div>
  );
}
