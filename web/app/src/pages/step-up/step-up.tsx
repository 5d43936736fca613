import { onStepUp, type StepUp } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Dialog } from "../../design";
import { useWords } from "../../i18n";
import { WayForm } from "./way-form";
import { type Way, waysOf } from "./ways";

interface Question {
  readonly asked: StepUp;
  readonly answer: (proven: boolean) => void;
}

/**
 * Asks once more who somebody is, where the server wants a fresher or stronger proof for what is being done (RFC 9470).
 * The client sends what was refused again afterwards; where the reader closes the question, it stays undone.
 */
export function StepUpPrompt(): ReactNode {
  const client = useKeyturn();
  const [question, setQuestion] = useState<Question | null>(null);

  useEffect(
    () =>
      onStepUp(
        client,
        (asked) =>
          new Promise<boolean>((resolve) => {
            const answer = (proven: boolean): void => {
              setQuestion(null);
              resolve(proven);
            };
            // Proven in another tab, or nobody is signed in any more.
            asked.signal.addEventListener("abort", () => answer(false), { once: true });
            setQuestion({ asked, answer });
          }),
      ),
    [client],
  );

  return <Asking question={question} />;
}

/** The dialog stays, empty and closed, while nothing is asked: it gives the focus back itself. */
function Asking({ question }: { readonly question: Question | null }): ReactNode {
  const { steps } = useWords();
  const words = steps.stepUp;
  const ways = waysOf(question?.asked.methods ?? []);
  const [chosen, setChosen] = useState<Way | null>(null);
  const before = useRef<Question | null>(null);
  if (before.current !== question) {
    before.current = question;
    if (chosen !== null) setChosen(null);
  }
  const way = chosen !== null && ways.includes(chosen) ? chosen : (ways[0] ?? null);
  return (
    <Dialog
      open={question !== null}
      title={words.title}
      about={way === null ? words.none : words.about[way]}
      onClose={() => question?.answer(false)}
    >
      {question !== null && (
        <WayForm
          key={way}
          way={way}
          others={ways.filter((one) => one !== way)}
          onProven={() => question.answer(true)}
          onChoose={setChosen}
          onClose={() => question.answer(false)}
        />
      )}
    </Dialog>
  );
}
