import { useUser } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Page } from "../../design";
import { useWords } from "../../i18n";
import { useFreshUser } from "../shared/fresh";
import { DataCard } from "./data-card";
import { DeleteCard } from "./delete-card";
import { EmailCard } from "./email-card";
import { FactorsPart } from "./factors-part";
import { LinkedCard } from "./linked-card";
import { PasswordCard } from "./password-card";
import "./security.css";
import { SessionsCard } from "./sessions-card";

/**
 * Its parts, from the top: what one signs in with, where one is signed in, what can be taken along or deleted. A further
 * way of signing in is a card of its own after the password.
 */
const PARTS: readonly { readonly name: string; readonly Part: () => ReactNode }[] = [
  { name: "email", Part: EmailPart },
  { name: "password", Part: PasswordCard },
  { name: "factors", Part: FactorsPart },
  { name: "linked", Part: LinkedCard },
  { name: "sessions", Part: SessionsCard },
  { name: "data", Part: DataCard },
  { name: "delete", Part: DeleteCard },
];

/** `/security`. */
export function SecurityPage(): ReactNode {
  const { security: words } = useWords();
  useFreshUser();
  return (
    <Page title={words.title} about={words.about}>
      {PARTS.map(({ name, Part }) => (
        <Part key={name} />
      ))}
    </Page>
  );
}

/** Not in projects that keep no addresses. */
function EmailPart(): ReactNode {
  const user = useUser();
  return user !== null && (user.email === null || user.email_verified === null) ? null : <EmailCard />;
}
