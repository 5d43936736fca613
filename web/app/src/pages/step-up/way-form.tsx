import type { KeyturnClient } from "@keyturn/client";
import {
  mailStepUpCode,
  stepUpWithCode,
  stepUpWithMailCode,
  stepUpWithPasskey,
  stepUpWithPassword,
} from "@keyturn/client/factors";
import { useKeyturn, useUser } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Button, Buttons, CodeField, Notice, PasswordField } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import "../shared/factors.css";
import { useFirstInput } from "../shared/focus";
import { ForPasswordManagers } from "../shared/for-password-managers";
import { ofCode } from "../shared/of-code";
import { OtpField } from "../shared/otp-field";
import { problemOfPasskey } from "../shared/passkey-problem";
import type { Way } from "./ways";

interface WayFormProps {
  /** null where this browser has none of those that the server takes. */
  readonly way: Way | null;
  readonly others: readonly Way[];
  readonly onProven: () => void;
  readonly onChoose: (way: Way) => void;
  readonly onClose: () => void;
}

type Send = (client: KeyturnClient, typed: string) => Promise<void>;

const SENDS: Readonly<Record<Exclude<Way, "webauthn">, Send>> = {
  password: (client, password) => stepUpWithPassword(client, { password }),
  totp: (client, code) => stepUpWithCode(client, { code: code.trim() }),
  recovery_codes: (client, code) => stepUpWithCode(client, { code: code.trim() }),
  mail_code: (client, code) => stepUpWithMailCode(client, { code: code.trim() }),
};

/** One way to show it, and the names of the others. */
export function WayForm({ way, others, onProven, onChoose, onClose }: WayFormProps): ReactNode {
  const { steps, common } = useWords();
  const words = steps.stepUp;
  return (
    <>
      {way === null ? (
        <Buttons end>
          <Button onClick={onClose}>{common.close}</Button>
        </Buttons>
      ) : way === "webauthn" ? (
        <ByPasskey onProven={onProven} onClose={onClose} />
      ) : way === "mail_code" ? (
        <ByMail onProven={onProven} onClose={onClose} />
      ) : (
        <ByTyping way={way} onProven={onProven} onClose={onClose} />
      )}
      {others.length > 0 && (
        <div className="ways">
          <p className="soft small">{words.otherWays}</p>
          {others.map((one) => (
            <Button key={one} kind="quiet" small onClick={() => onChoose(one)}>
              {words.others[one]}
            </Button>
          ))}
        </div>
      )}
    </>
  );
}

type Ends = Pick<WayFormProps, "onProven" | "onClose">;

function ByPasskey({ onProven, onClose }: Ends): ReactNode {
  const allWords = useWords();
  const words = allWords.steps.stepUp;
  const client = useKeyturn();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const show = (): void => {
    setBusy(true);
    setProblem(null);
    stepUpWithPasskey(client)
      .then(onProven, (error: unknown) =>
        setProblem(problemOfPasskey(error, allWords).form ?? allWords.problems.other),
      )
      .finally(() => setBusy(false));
  };
  return (
    <>
      {problem !== null && (
        <Notice tone="bad" role="alert">
          {problem}
        </Notice>
      )}
      <Buttons end>
        <Button onClick={onClose}>{allWords.common.cancel}</Button>
        <Button kind="primary" busy={busy} onClick={show}>
          {words.passkey}
        </Button>
      </Buttons>
    </>
  );
}

/** First the mail, by a press: nobody gets one who did not want it. */
function ByMail({ onProven, onClose }: Ends): ReactNode {
  const { steps, common } = useWords();
  const words = steps.stepUp;
  const client = useKeyturn();
  const [mailed, setMailed] = useState(false);
  const form = useForm({
    names: [],
    submit: async () => {
      await mailStepUpCode(client);
      setMailed(true);
    },
  });
  if (mailed)
    return (
      <>
        <p role="status">{words.mailed}</p>
        <ByTyping way="mail_code" onProven={onProven} onClose={onClose} />
      </>
    );
  return (
    <Form form={form} label={words.title}>
      <Buttons end>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button kind="primary" type="submit" busy={form.busy}>
          {words.mail}
        </Button>
      </Buttons>
    </Form>
  );
}

function ByTyping({ way, onProven, onClose }: Ends & { readonly way: Exclude<Way, "webauthn"> }): ReactNode {
  const { steps, common } = useWords();
  const words = steps.stepUp;
  const client = useKeyturn();
  const user = useUser();
  const form = useForm({
    names: ["typed"],
    required: ["typed"],
    aliases: { password: "typed", code: "typed" },
    submit: async ({ typed }) => {
      await SENDS[way](client, typed).catch((error: unknown) => {
        throw ofCode(error, "typed");
      });
      onProven();
    },
  });
  useFirstInput(form.form);
  const bound = form.bind("typed");
  return (
    <Form form={form} label={words.title}>
      {way === "password" ? (
        <>
          <ForPasswordManagers username={user?.username} />
          <PasswordField {...bound} label={words.password} autoComplete="current-password" />
        </>
      ) : way === "totp" ? (
        <OtpField {...bound} label={steps.secondFactor.code} />
      ) : way === "mail_code" ? (
        <CodeField {...bound} label={words.mailCode} />
      ) : (
        <CodeField
          {...bound}
          label={steps.secondFactor.recovery}
          long
          autoComplete="off"
          placeholder="XXXX-XXXX-XXXX-XXXX"
        />
      )}
      <Buttons end>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button kind="primary" type="submit" busy={form.busy}>
          {words.go}
        </Button>
      </Buttons>
    </Form>
  );
}
