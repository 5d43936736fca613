import { cancelEmail, changeEmail, emails, resendEmail } from "@keyturn/client/account";
import { useKeyturn, useUser } from "@keyturn/client/react";
import { type ReactNode, useCallback, useState } from "react";
import { Badge, Button, Card, Notice, Row, Rows, Skeleton } from "../../design";
import { problemOf } from "../../forms";
import { useWords } from "../../i18n";
import { Deeds } from "../shared/deeds";
import { useWayBack } from "../shared/focus";
import { useWhenBack } from "../shared/fresh";
import { gaveUp } from "../shared/given-up";
import { useTold } from "../shared/told";
import { useLoaded } from "../shared/use-loaded";
import { addressesOf } from "./addresses";
import { EmailCode } from "./email-code";
import { EmailForm } from "./email-form";

/** The address: confirm it, or change to another. */
export function EmailCard(): ReactNode {
  const allWords = useWords();
  const words = allWords.security.email;
  const client = useKeyturn();
  const user = useUser();
  const told = useTold();
  const { state, reload } = useLoaded(useCallback(() => emails(client), [client]));
  const [typing, setTyping] = useState(false);
  /** The unconfirmed address that a code was asked for just now. */
  const [confirming, setConfirming] = useState(false);
  /** Whether a code was asked for since the page was opened. */
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  useWhenBack(() => void reload());
  const wayBack = useWayBack(typing || confirming);
  const known =
    user === null || state.status === "loading"
      ? null
      : addressesOf(user, state.status === "loaded" ? state.value : []);

  const refresh = async (): Promise<void> => {
    await Promise.all([reload(), client.reloadUser().catch(() => null)]);
  };

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true);
    told.hush();
    try {
      await act();
    } catch (error) {
      if (gaveUp(error)) return;
      const { form, fields } = problemOf(error, allWords);
      told.say(form ?? Object.values(fields)[0] ?? allWords.problems.other, "bad");
    } finally {
      setBusy(false);
    }
  };

  const confirmCurrent = (current: string): Promise<void> =>
    attempt(async () => {
      await resendEmail(client, { email: current });
      setAsked(true);
      setConfirming(true);
    });

  const giveUp = (email: string): Promise<void> =>
    attempt(async () => {
      await cancelEmail(client, { email });
      await refresh();
      told.say(words.gaveUp, "info");
    });

  const done = async (email: string): Promise<void> => {
    setConfirming(false);
    await refresh();
    told.say(words.changed(email));
  };

  const waiting =
    known === null ? null : (known.pending ?? (confirming && !known.confirmed ? known.current : null));
  return (
    <Card title={words.title} about={words.about}>
      {told.place}
      <Rows>
        <Row
          icon="mail"
          title={
            known === null ? (
              <Skeleton width="13rem" />
            ) : (
              <>
                <span>{known.current || words.none}</span>
                {known.current !== "" && (
                  <Badge tone={known.confirmed ? "good" : "warn"}>
                    {known.confirmed ? words.confirmed : words.unconfirmed}
                  </Badge>
                )}
              </>
            )
          }
          about={
            known !== null &&
            (known.current === "" ? words.noneAbout : known.confirmed ? null : words.unconfirmedAbout)
          }
          deed={
            known !== null &&
            state.status === "loaded" && (
              <Deeds>
                {known.current !== "" && !known.confirmed && waiting === null && (
                  <Button small kind="primary" busy={busy} onClick={() => void confirmCurrent(known.current)}>
                    {words.confirm}
                  </Button>
                )}
                {!typing && known.pending === null && (
                  <Button
                    small
                    ref={wayBack}
                    onClick={() => {
                      told.hush();
                      setTyping(true);
                    }}
                  >
                    {known.current ? words.change : words.add}
                  </Button>
                )}
              </Deeds>
            )
          }
        />
      </Rows>
      {state.status === "failed" && (
        <Notice
          tone="warn"
          role="alert"
          deeds={
            <Button small onClick={() => void reload()}>
              {allWords.common.tryAgain}
            </Button>
          }
        >
          {problemOf(state.error, allWords).form ?? allWords.problems.other}
        </Notice>
      )}
      {typing && (
        <EmailForm
          onSend={(email) => changeEmail(client, { email })}
          onSent={async () => {
            setAsked(true);
            setTyping(false);
            setConfirming(false);
            await refresh();
          }}
          onCancel={() => setTyping(false)}
        />
      )}
      {!typing && waiting !== null && (
        <EmailCode
          key={waiting}
          email={waiting}
          takesFocus={asked}
          isChange={waiting === known?.pending}
          onDone={() => done(waiting)}
          onGiveUp={waiting === known?.pending ? () => giveUp(waiting) : () => setConfirming(false)}
        />
      )}
    </Card>
  );
}
