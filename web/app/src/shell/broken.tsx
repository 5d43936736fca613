import { Component, type ReactNode } from "react";
import { Button, Notice } from "../design";
import { useBasicWords } from "../i18n";

/** What is shown in place of a part that failed; the rest of the page goes on. */
export class Broken extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <Apology /> : this.props.children;
  }
}

function Apology(): ReactNode {
  const { common: words } = useBasicWords();
  return (
    <div className="broken">
      <Notice
        tone="bad"
        role="alert"
        title={words.brokenTitle}
        deeds={
          <Button small onClick={() => window.location.reload()}>
            {words.reload}
          </Button>
        }
      >
        {words.broken}
      </Notice>
    </div>
  );
}
