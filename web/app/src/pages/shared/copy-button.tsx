import { type ReactNode, useState } from "react";
import { Button } from "../../design";

interface CopyButtonProps {
  readonly text: string;
  readonly words: { readonly copy: string; readonly copied: string; readonly notCopied: string };
}

/** Puts a text into the clipboard, and says whether it is there. */
export function CopyButton({ text, words }: CopyButtonProps): ReactNode {
  const [said, setSaid] = useState("");
  const copy = (): void => {
    // Some browsers have no clipboard for pages without TLS.
    Promise.resolve(navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("No clipboard.")))
      .then(() => words.copied)
      .catch(() => words.notCopied)
      .then(setSaid);
  };
  return (
    <span className="copy">
      <Button small onClick={copy}>
        {words.copy}
      </Button>
      <span className="copy__said" role="status">
        {said}
      </span>
    </span>
  );
}
