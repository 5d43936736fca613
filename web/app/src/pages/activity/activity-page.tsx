import { type ActivityEvent, activity } from "@keyturn/client/account";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { Button, ButtonLink, Card, Empty, Icon, Notice, Page, Row, Rows, Skeleton } from "../../design";
import { problemOf } from "../../forms";
import { useLocale, useWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { NotLoaded } from "../shared/not-loaded";
import { useLoaded } from "../shared/use-loaded";
import "./activity.css";
import { byDay } from "./days";
import { EventRow } from "./event-row";
import { meaningOf } from "./meaning";

/** Events fetched at a time. */
const PAGE = 25;

interface Shown {
  readonly events: readonly ActivityEvent[];
  /** Where the older ones begin; null: there are none. */
  readonly next: string | null;
}

/** `/activity`: what happened to the account, the newest first. */
export function ActivityPage(): ReactNode {
  const allWords = useWords();
  const words = allWords.activity;
  const client = useKeyturn();
  const { locale } = useLocale();
  const { state, reload, put } = useLoaded<Shown>(
    useCallback(async () => {
      const page = await activity(client, { language: locale, limit: PAGE });
      return { events: page.results, next: page.next_cursor };
    }, [client, locale]),
  );
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const older = async ({ events, next }: Shown): Promise<void> => {
    if (next === null || busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const page = await activity(client, { language: locale, limit: PAGE, cursor: next });
      put({ events: [...events, ...page.results], next: page.next_cursor });
    } catch (error) {
      setProblem(problemOf(error, allWords).form ?? words.failed);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Page title={words.title} about={words.about}>
      {state.status === "loading" && <Coming />}
      {state.status === "failed" && <NotLoaded again={reload}>{words.failed}</NotLoaded>}
      {state.status === "loaded" && (
        <>
          <Alarms events={state.value.events} />
          <Days events={state.value.events} />
          {problem !== null && (
            <Notice tone="warn" role="alert">
              {problem}
            </Notice>
          )}
          {state.value.next === null ? (
            state.value.events.length > 0 && <p className="soft small">{words.noMore}</p>
          ) : (
            <div>
              <Button busy={busy} onClick={() => void older(state.value)}>
                {words.older}
              </Button>
            </div>
          )}
          <p className="visually-hidden" role="status">
            {words.shown(state.value.events.length)}
          </p>
        </>
      )}
    </Page>
  );
}

/** Says so above the list where there is something in it that calls for a deed. */
function Alarms({ events }: { readonly events: readonly ActivityEvent[] }): ReactNode {
  const { activity: words } = useWords();
  if (!events.some(({ event }) => meaningOf(event).tone === "alarm")) return null;
  return (
    <Notice
      tone="warn"
      title={words.alarms.title}
      deeds={
        <ButtonLink to={PATHS.security} small>
          {words.changePassword}
        </ButtonLink>
      }
    >
      {words.alarms.text}
    </Notice>
  );
}

function Days({ events }: { readonly events: readonly ActivityEvent[] }): ReactNode {
  const { activity: words } = useWords();
  const { locale } = useLocale();
  const days = useMemo(() => byDay(events, new Date(), locale), [events, locale]);
  if (events.length === 0)
    return (
      <Card>
        <Empty icon={<Icon name="activity" size={28} />}>{words.empty}</Empty>
      </Card>
    );
  return days.map(({ key, heading, events: ofDay }) => (
    <Card key={key} title={heading}>
      <Rows label={heading}>
        {ofDay.map((event, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two events may be alike to the last letter
          <EventRow key={`${event.at} ${at}`} event={event} />
        ))}
      </Rows>
    </Card>
  ));
}

function Coming(): ReactNode {
  const { common } = useWords();
  return (
    <Card>
      <p className="visually-hidden" role="status">
        {common.loading}
      </p>
      <Skeleton width="6rem" height="1.25rem" />
      <Rows>
        {["1", "2", "3", "4", "5"].map((which) => (
          <Row
            key={which}
            icon="activity"
            title={<Skeleton width="12rem" height="1.25rem" />}
            about={<Skeleton width="16rem" height="1.1rem" />}
          />
        ))}
      </Rows>
    </Card>
  );
}
