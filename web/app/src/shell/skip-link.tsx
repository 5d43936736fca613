import type { ReactNode } from "react";
import { useBasicWords } from "../i18n";

/** For the keyboard: past the menu, to the page. */
export function SkipLink(): ReactNode {
  const { common: words } = useBasicWords();
  return (
    <a className="skip-link visually-hidden" href="#content">
      {words.skip}
    </a>
  );
}
