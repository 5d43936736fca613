import { type MouseEvent, type ReactNode, useEffect, useId, useRef } from "react";

interface DialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly about?: ReactNode;
  /** Escape, a press beside it, or a button of its own. */
  readonly onClose: () => void;
  /** A form or `<Buttons end>`: first the way back, then the deed. */
  readonly children: ReactNode;
}

/**
 * A question that has to be answered before anything else: the browser's own modal dialog, which holds the focus,
 * hides the rest of the page from screen readers and gives the focus back when it closes.
 */
export function Dialog({ open, title, about, onClose, children }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  useEffect(() => {
    const element = dialog.current;
    if (open && element !== null && !element.open) element.showModal();
    if (!open && element?.open) element.close();
  }, [open]);

  const beside = (event: MouseEvent<HTMLDialogElement>): void => {
    if (event.target !== dialog.current) return;
    const box = dialog.current.getBoundingClientRect();
    const within =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom;
    if (!within) onClose();
  };

  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={about ? `${id}-about` : undefined}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClose={(event) => {
        // It is told late: the dialog may be open again.
        if (open && !event.currentTarget.open) onClose();
      }}
      onMouseDown={beside}
    >
      {open && (
        <>
          <div className="dialog__heading">
            <h2 id={`${id}-title`}>{title}</h2>
            {about && <p id={`${id}-about`}>{about}</p>}
          </div>
          {children}
        </>
      )}
    </dialog>
  );
}
