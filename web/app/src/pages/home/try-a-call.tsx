import { KeyturnError } from "@keyturn/client";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Badge, Button } from "../../design";
import { problemOf } from "../../forms";
import { useWords } from "../../i18n";

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The simplest thing that a project does with the client: a call with the access token. */
export function TryACall(): ReactNode {
  const words = useWords();
  const client = useKeyturn();
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<Answer | string | null>(null);
  const call = async (): Promise<void> => {
    setBusy(true);
    try {
      const response = await client.fetch("/home/", { headers: { accept: "application/json" } });
      setAnswer({ status: response.status, text: await response.text() });
    } catch (error) {
      // What `fetch` itself throws is the network.
      const told = error instanceof KeyturnError ? problemOf(error, words).form : null;
      setAnswer(told ?? words.problems.form.network);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="try-a-call">
      <div className="try-a-call__ask">
        <p className="soft small">{words.home.tryAbout}</p>
        <Button small busy={busy} onClick={call}>
          {words.home.tryIt}
        </Button>
      </div>
      <div role="status">
        {typeof answer === "string" && <p className="small">{answer}</p>}
        {answer !== null && typeof answer !== "string" && (
          <p className="try-a-call__answer">
            <Badge tone={answer.status < 400 ? "good" : "bad"}>{words.home.answered(answer.status)}</Badge>
            <code>{answer.text}</code>
          </p>
        )}
      </div>
    </div>
  );
}
