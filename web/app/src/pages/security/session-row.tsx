import type { SessionInfo } from "@keyturn/client";
import { useSession } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Badge, Button, Icon, Row } from "../../design";
import { useFormat, useWords } from "../../i18n";
import { useDeviceWords } from "../shared/device-words";
import { moment } from "../shared/moments";

interface SessionRowProps {
  readonly session: SessionInfo;
  readonly busy: boolean;
  readonly onEnd: () => void;
}

const HOUR = 3_600_000;

/** One session. This device has no button: the way out of it is at the top of every page. */
export function SessionRow({ session, busy, onEnd }: SessionRowProps): ReactNode {
  const { security } = useWords();
  const words = security.sessions;
  const format = useFormat();
  const { icon, name } = useDeviceWords()(session.user_agent, session.label);
  const facts = [
    session.current ? words.activeNow : <LastUsed key="used" at={session.last_used_at} />,
    session.ip,
    words.signedIn(format.date(session.created_at)),
  ];
  return (
    <Row
      icon={icon}
      {...(session.current && { tone: "accent" as const })}
      title={
        <>
          <span>{name}</span>
          {session.current && <Badge tone="accent">{words.thisDevice}</Badge>}
        </>
      }
      about={
        <>
          <span className="facts-line facts-line--stacked">
            {facts.map((fact, at) =>
              fact ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: the facts of a session never change places
                <span key={at}>{fact}</span>
              ) : null,
            )}
          </span>
          {session.current && <Bound />}
        </>
      }
      deed={
        !session.current && (
          <Button small busy={busy} aria-label={words.endOf(name)} onClick={onEnd}>
            {words.end}
          </Button>
        )
      }
    />
  );
}

/** The server tells it to the hour only, enough to recognise a device. */
function LastUsed({ at }: { readonly at: string }): ReactNode {
  const { security } = useWords();
  const format = useFormat();
  const date = moment(at);
  if (date === null) return null;
  const recent = Date.now() - date.getTime() < 2 * HOUR;
  return recent ? security.sessions.usedThisHour : security.sessions.lastUsed(format.ago(at));
}

/** What keeps a stolen token from being used elsewhere, where something does. */
function Bound(): ReactNode {
  const { security } = useWords();
  const words = security.sessions;
  const session = useSession();
  if (session.status !== "signed-in" || session.binding === "none") return null;
  return (
    <span className="bound" title={words.boundAbout}>
      <Icon name="shield" size={16} />
      {words.bound[session.binding]}
    </span>
  );
}
