import type { ReactNode } from "react";
import { Button, Buttons, Dialog } from "../../design";
import { useBasicWords } from "../../i18n";

interface SureProps {
  readonly open: boolean;
  readonly title: string;
  readonly about: string;
  /** What the button says that does it. */
  readonly go: string;
  readonly busy: boolean;
  readonly onGo: () => void;
  readonly onClose: () => void;
}

/** The last word before something is gone. */
export function Sure({ open, title, about, go, busy, onGo, onClose }: SureProps): ReactNode {
  const { common } = useBasicWords();
  return (
    <Dialog open={open} title={title} about={about} onClose={onClose}>
      <Buttons end>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button kind="danger-strong" busy={busy} onClick={onGo}>
          {go}
        </Button>
      </Buttons>
    </Dialog>
  );
}
