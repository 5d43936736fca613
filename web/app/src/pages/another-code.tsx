import { type ReactNode, useState } from "react";
import { Button, Notice } from "../design";
import { problemOf } from "../forms";
import { useBasicWords } from "../i18n";

type Sending =
  | { readonly state: "idle" | "busy" | "sent" }
  | { readonly state: "failed"; readonly why: string };

interface AnotherCodeProps {
  /** Has another mail sent. What it throws is told. */
  readonly send: () => Promise<void>;
}

/** The way to a new code, for when the first did not come. */
export function AnotherCode({ send }: AnotherCodeProps): ReactNode {
  const words = useBasicWords();
  const [sending, setSending] = useState<Sending>({ state: "idle" });
  const ask = (): void => {
    setSending({ state: "busy" });
    send().then(
      () => setSending({ state: "sent" }),
      (error: unknown) =>
        setSending({ state: "failed", why: problemOf(error, words).form ?? words.problems.other }),
    );
  };
  return (
    <div className="another-code">
      <p className="soft small">{words.entry.verify.nothing}</p>
      <Button kind="quiet" small busy={sending.state === "busy"} onClick={ask}>
        {words.entry.verify.again}
      </Button>
      <div className="another-code__told" role="status">
        {sending.state === "sent" && <Notice tone="good">{words.entry.verify.sentAgain}</Notice>}
        {sending.state === "failed" && <Notice tone="bad">{sending.why}</Notice>}
      </div>
    </div>
  );
}
