import { KeyturnError, type SessionInfo } from "@keyturn/client";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useCallback, useState } from "react";
import { Button, Buttons, Card, Dialog, Row, Rows, Skeleton } from "../../design";
import { problemOf } from "../../forms";
import { useWords } from "../../i18n";
import { useDeviceWords } from "../shared/device-words";
import { useWhenBack } from "../shared/fresh";
import { NotLoaded } from "../shared/not-loaded";
import { useTold } from "../shared/told";
import { useLoaded } from "../shared/use-loaded";
import { inOrder } from "./order";
import { SessionRow } from "./session-row";

/** How many are shown at first. One more would be hidden by a button of its own size. */
const FIRST = 6;

/** Where the user is signed in, and the end of what is not them. */
export function SessionsCard(): ReactNode {
  const allWords = useWords();
  const words = allWords.security.sessions;
  const client = useKeyturn();
  const device = useDeviceWords();
  const told = useTold();
  const { state, reload, put } = useLoaded(
    useCallback(async () => inOrder(await client.sessions.list()), [client]),
  );
  useWhenBack(() => void reload());
  const [ending, setEnding] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const [all, setAll] = useState(false);
  const sessions = state.status === "loaded" ? state.value : [];
  const others = sessions.filter((session) => !session.current).length;

  const end = async (session: SessionInfo): Promise<void> => {
    setEnding(session.id);
    told.hush();
    try {
      await client.sessions.end(session.id);
      told.say(words.ended(device(session.user_agent, session.label).name));
      put(sessions.filter(({ id }) => id !== session.id));
      told.focus();
    } catch (error) {
      const gone = error instanceof KeyturnError && error.status === 404;
      told.say(gone ? words.gone : (problemOf(error, allWords).form ?? words.gone), gone ? "info" : "bad");
    } finally {
      setEnding(null);
    }
    await reload();
  };

  const endOthers = async (): Promise<void> => {
    setEnding("others");
    told.hush();
    try {
      await client.sessions.endOthers();
      told.say(words.endedOthers);
      put(sessions.filter((session) => session.current));
      told.focus();
    } catch (error) {
      told.say(problemOf(error, allWords).form ?? allWords.problems.other, "bad");
    } finally {
      setEnding(null);
      setAsking(false);
    }
    await reload();
  };

  return (
    <Card
      title={words.title}
      about={words.about}
      deed={
        others > 0 && (
          <Button small onClick={() => setAsking(true)}>
            {words.endOthers}
          </Button>
        )
      }
    >
      {told.place}
      {state.status === "loading" && <Coming />}
      {state.status === "failed" && <NotLoaded again={reload}>{words.failed}</NotLoaded>}
      {state.status === "loaded" && (
        <Rows label={words.title}>
          {(all ? sessions : sessions.slice(0, FIRST)).map((session) => (
            <SessionRow
              key={session.id}
              session={session}
              busy={ending === session.id}
              onEnd={() => void end(session)}
            />
          ))}
        </Rows>
      )}
      {sessions.length > FIRST && (
        <div>
          <Button small aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? words.fewer : words.more(sessions.length - FIRST)}
          </Button>
        </div>
      )}
      {state.status === "loaded" && others === 0 && <p className="soft small">{words.onlyThis}</p>}
      <Dialog
        open={asking}
        title={words.endOthersTitle}
        about={words.endOthersAbout(others)}
        onClose={() => setAsking(false)}
      >
        <Buttons end>
          <Button onClick={() => setAsking(false)}>{allWords.common.cancel}</Button>
          <Button kind="danger-strong" busy={ending === "others"} onClick={() => void endOthers()}>
            {words.endOthers}
          </Button>
        </Buttons>
      </Dialog>
    </Card>
  );
}

/** As high as two sessions. */
function Coming(): ReactNode {
  const { common } = useWords();
  return (
    <>
      <p className="visually-hidden" role="status">
        {common.loading}
      </p>
      <Rows>
        {["first", "second"].map((which) => (
          <Row
            key={which}
            icon="computer"
            title={<Skeleton width="11rem" />}
            about={<Skeleton width="15rem" height="1.25rem" />}
          />
        ))}
      </Rows>
    </>
  );
}
