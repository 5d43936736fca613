import { KeyturnError, type Step } from "@keyturn/client";
import { finishProvider } from "@keyturn/client/factors";
import { useKeyturn, useSession } from "@keyturn/client/react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { ButtonLink, Notice, Page, Skeleton } from "../../design";
import { problemOf } from "../../forms";
import { useWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { BackToSignIn } from "../back-to-sign-in";
import { useStep } from "../use-step";
import { providerProblem } from "./problems";

/** Where another service leads back to. What it said waits at the server, in this browser's flow; it is taken here. */
export function ProviderPage(): ReactNode {
  const allWords = useWords();
  const words = allWords.steps.provider;
  const client = useKeyturn();
  const session = useSession();
  const search = useSearch();
  const [, navigate] = useLocation();
  const goOn = useStep();
  const [problem, setProblem] = useState(() => providerProblem(search, words.errors));
  const begun = useRef(false);

  useEffect(() => {
    if (begun.current || problem !== null) return;
    begun.current = true;
    const finish = async (): Promise<void> => {
      await client.ready();
      const linking = client.getSession().status === "signed-in";
      const step: Step = await finishProvider(client);
      if (linking && step.step === "signed-in")
        navigate(PATHS.security, { replace: true, state: { done: "linked" } });
      else goOn(step);
    };
    finish().catch((error: unknown) => {
      const { form, fields } = problemOf(error, allWords);
      if (error instanceof KeyturnError && error.reason === "email_taken") setProblem(words.errors.taken);
      else setProblem(form ?? Object.values(fields)[0] ?? words.errors.other);
    });
  }, [client, navigate, goOn, problem, allWords, words]);

  if (problem === null)
    return (
      <Page title={words.title} about={words.finishing}>
        <div aria-busy="true">
          <Skeleton height="9rem" />
        </div>
      </Page>
    );
  return (
    <Page title={words.failedTitle}>
      <Notice tone="bad" role="alert">
        {problem}
      </Notice>
      {session.status === "signed-in" ? (
        <ButtonLink to={PATHS.security} kind="primary" wide>
          {words.toSecurity}
        </ButtonLink>
      ) : (
        <BackToSignIn />
      )}
    </Page>
  );
}
