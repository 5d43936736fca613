import type { ReactNode } from "react";
import { config } from "../config";
import { ButtonLink } from "../design";
import { useBasicWords } from "../i18n";

/** The way to the mails of a development server; nothing in production. */
export function InboxLink(): ReactNode {
  const { entry } = useBasicWords();
  const { inbox } = config.links;
  return (
    inbox && (
      <ButtonLink to={inbox} outside apart wide>
        {entry.verify.inbox}
      </ButtonLink>
    )
  );
}
