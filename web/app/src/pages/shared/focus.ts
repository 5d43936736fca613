/** Where the keyboard is when something on the page comes and goes. */
import { type RefObject, useEffect, useRef } from "react";

/** The first input of a form that has just been opened by a press takes the focus. */
export function useFirstInput(form: RefObject<HTMLFormElement | null>, wanted = true): void {
  useEffect(() => {
    if (!wanted) return;
    const first = form.current?.querySelector<HTMLInputElement>("input:not([hidden])");
    first?.focus();
  }, [form, wanted]);
}

/** The button that opened something has the focus again once that is closed, if it would be nowhere else. */
export function useWayBack(open: boolean): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(open);
  useEffect(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (wasOpen.current && !open && lost) button.current?.focus();
    wasOpen.current = open;
  }, [open]);
  return button;
}
