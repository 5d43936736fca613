import type { ReactNode } from "react";
import { Button, Notice } from "../../design";
import { useWords } from "../../i18n";

/** Says that something could not be fetched, and offers to try once more. */
export function NotLoaded({ again, children }: { again: () => unknown; children: ReactNode }) {
  const { common } = useWords();
  return (
    <Notice
      tone="warn"
      role="alert"
      deeds={
        <Button small onClick={() => void again()}>
          {common.tryAgain}
        </Button>
      }
    >
      {children}
    </Notice>
  );
}
