import { type ReactNode, useState } from "react";
import { Page } from "../../design";
import { useWords } from "../../i18n";
import { BackToSignIn } from "../back-to-sign-in";
import { AppSetUp } from "../shared/app-set-up";
import { RecoveryCodes } from "../shared/recovery-codes";
import { useStep } from "../use-step";

/** For those who must have a second factor and have none: they set one up, and are signed in by it. */
export function SetUpFactorPage(): ReactNode {
  const { steps } = useWords();
  const words = steps.setUp;
  const goOn = useStep();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [last, setLast] = useState<() => void>(() => () => {});
  if (codes !== null)
    return (
      <Page title={steps.codes.title}>
        <RecoveryCodes codes={codes} onKept={last} />
      </Page>
    );
  return (
    <Page title={words.title} about={words.about}>
      <AppSetUp
        submit={steps.secondFactor.submit}
        onDone={({ step, recovery_codes }) => {
          if (recovery_codes.length === 0) return goOn(step);
          setLast(() => () => goOn(step));
          setCodes(recovery_codes);
        }}
      />
      <BackToSignIn />
    </Page>
  );
}
