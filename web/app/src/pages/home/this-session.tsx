import { useSession } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Badge, Card, Row, Rows } from "../../design";
import { useWords } from "../../i18n";

/** What the session hangs on, in words. */
export function ThisSession(): ReactNode {
  const { home: words } = useWords();
  const session = useSession();
  if (session.status !== "signed-in") return null;
  const { title, text } = words.bindings[session.binding];
  const bound = session.binding !== "none";
  return (
    <Card
      title={words.sessionTitle}
      about={words.sessionAbout}
      deed={
        <Badge tone={session.online ? "good" : "warn"}>{session.online ? words.online : words.offline}</Badge>
      }
    >
      <Rows>
        <Row
          icon={session.binding === "dpop" ? "key" : bound ? "lock" : "warning"}
          tone={bound ? "accent" : "warn"}
          title={title}
          about={text}
        />
      </Rows>
    </Card>
  );
}
