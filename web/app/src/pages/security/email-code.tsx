import { KeyturnError } from "@keyturn/client";
import { resendEmail } from "@keyturn/client/account";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Badge, Button, Buttons, CodeField, Row, Rows } from "../../design";
import { Form, problemOf, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { useFirstInput } from "../shared/focus";
import { useTold } from "../shared/told";

interface EmailCodeProps {
  readonly email: string;
  /** Whether it is to take the place of another. */
  readonly isChange: boolean;
  /** Whether the reader has just asked for the code. */
  readonly takesFocus: boolean;
  readonly onDone: () => Promise<void>;
  readonly onGiveUp: () => void;
}

/** The code that was sent to an address shows that its mailbox is the reader's. */
export function EmailCode({ email, isChange, takesFocus, onDone, onGiveUp }: EmailCodeProps): ReactNode {
  const allWords = useWords();
  const words = allWords.security.email;
  const client = useKeyturn();
  const told = useTold();
  const [sending, setSending] = useState(false);
  const form = useForm({
    names: ["key"],
    required: ["key"],
    submit: async ({ key }) => {
      told.hush();
      await client.verifyEmail({ key: key.trim() });
      await onDone();
    },
  });
  useFirstInput(form.form, takesFocus);

  const again = async (): Promise<void> => {
    setSending(true);
    told.hush();
    try {
      await resendEmail(client, { email });
      told.say(words.sentAgain, "info");
    } catch (error) {
      const none = error instanceof KeyturnError && error.status === 403 && error.code !== "impersonated";
      told.say(none ? words.noneSent : (problemOf(error, allWords).form ?? allWords.problems.other), "warn");
    } finally {
      setSending(false);
    }
  };

  return (
    <div className="waiting">
      {isChange ? (
        <Rows>
          <Row
            icon="mail"
            tone="warn"
            title={
              <>
                <span>{email}</span>
                <Badge tone="warn">{words.pending}</Badge>
              </>
            }
            about={words.pendingAbout(email)}
          />
        </Rows>
      ) : (
        <p>{words.confirmAbout(email)}</p>
      )}
      {told.place}
      <div className="narrow">
        <Form form={form} label={words.enter}>
          <CodeField {...form.bind("key")} label={words.code} />
          <Buttons>
            <Button kind="primary" type="submit" busy={form.busy}>
              {words.enter}
            </Button>
            <Button busy={sending} onClick={() => void again()}>
              {words.again}
            </Button>
            <Button kind="quiet" onClick={onGiveUp}>
              {isChange ? words.giveUp : allWords.common.cancel}
            </Button>
          </Buttons>
        </Form>
      </div>
    </div>
  );
}
