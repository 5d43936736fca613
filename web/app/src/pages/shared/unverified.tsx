import { useUser } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { ButtonLink, Notice } from "../../design";
import { useWords } from "../../i18n";
import { PATHS } from "../../shell/paths";

/** Asks to confirm the address, where the server keeps track of that and it has not been done. */
export function UnverifiedBanner(): ReactNode {
  const { security } = useWords();
  const user = useUser();
  if (!user?.email || user.email_verified !== false) return null;
  const words = security.unverified;
  return (
    <Notice
      tone="warn"
      title={words.title}
      deeds={
        <ButtonLink to={PATHS.security} small>
          {words.go}
        </ButtonLink>
      }
    >
      {words.text(user.email)}
    </Notice>
  );
}
