import { canUsePasskeys, secondFactor, secondFactorWithPasskey } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { useHistoryState } from "wouter/use-browser-location";
import { config } from "../../config";
import { Button, Checkbox, Divider, Icon, Notice, Page } from "../../design";
import { useWords } from "../../i18n";
import { BackToSignIn } from "../back-to-sign-in";
import { problemOfPasskey } from "../shared/passkey-problem";
import { flowStateOf, useStep } from "../use-step";
import { CodeForm } from "./code-form";
import { aboutOf, type Kind, kindsOf } from "./kinds";

const DAY = 86_400;

/** The second step of a sign-in: a passkey, a code of the app, or a recovery code. */
export function SecondFactorPage(): ReactNode {
  const allWords = useWords();
  const words = allWords.steps.secondFactor;
  const client = useKeyturn();
  const goOn = useStep();
  const { methods } = flowStateOf(useHistoryState());
  const { passkey, kinds } = kindsOf(methods, config.passkeys && canUsePasskeys());
  const [kind, setKind] = useState<Kind | null>(kinds[0] ?? null);
  const [trusted, setTrusted] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const days = Math.round(config.trustDeviceFor / DAY);
  const trustDevice = trusted && days > 0;

  const showPasskey = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      goOn(await secondFactorWithPasskey(client, { trustDevice }));
    } catch (error) {
      setProblem(problemOfPasskey(error, allWords).form ?? allWords.problems.other);
    } finally {
      setBusy(false);
    }
  };

  const other = kinds.find((one) => one !== kind);
  return (
    <Page title={words.title} about={words[aboutOf(passkey, kind)]}>
      {passkey && (
        <div className="stack">
          {problem !== null && (
            <Notice tone="bad" role="alert">
              {problem}
            </Notice>
          )}
          <Button kind="primary" wide busy={busy} onClick={() => void showPasskey()}>
            <Icon name="passkey" /> {words.passkey}
          </Button>
        </div>
      )}
      {passkey && kind !== null && <Divider>{words.or}</Divider>}
      {kind !== null && (
        <CodeForm
          key={kind}
          kind={kind}
          primary={!passkey}
          send={async (code) => goOn(await secondFactor(client, { code, trustDevice }))}
        />
      )}
      {days > 0 && (
        <Checkbox
          name="trust"
          label={words.trust(days)}
          hint={words.trustHint}
          checked={trusted}
          onChange={(event) => setTrusted(event.currentTarget.checked)}
        />
      )}
      {other !== undefined && (
        <Button kind="quiet" wide onClick={() => setKind(other)}>
          {other === "recovery" ? words.useRecovery : words.useApp}
        </Button>
      )}
      <BackToSignIn />
    </Page>
  );
}
