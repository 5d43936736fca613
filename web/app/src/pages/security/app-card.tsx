import { removeApp } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Badge, Button, Card, Row, Rows } from "../../design";
import { useWords } from "../../i18n";
import { AppSetUp } from "../shared/app-set-up";
import { Deeds } from "../shared/deeds";
import { useWayBack } from "../shared/focus";
import { RecoveryCodes } from "../shared/recovery-codes";
import { useFactorTimes } from "./factor-times";
import type { FactorsProps } from "./factors-part";
import { Sure } from "./sure";
import { useDeed } from "./use-deed";

/** An app that shows codes: set up, or removed. */
export function AppCard({ all, reload }: FactorsProps): ReactNode {
  const { factors } = useWords();
  const words = factors.app;
  const client = useKeyturn();
  const times = useFactorTimes();
  const { told, busy, attempt } = useDeed();
  const [settingUp, setSettingUp] = useState(false);
  const [codes, setCodes] = useState<readonly string[]>([]);
  const [asking, setAsking] = useState(false);
  const wayBack = useWayBack(settingUp);
  const app = all.find((factor) => factor.type === "totp");

  const done = (): void => {
    setCodes([]);
    told.say(words.done);
    told.focus();
  };

  const remove = async (): Promise<void> => {
    if (await attempt("remove", () => removeApp(client), words.removed)) told.focus();
    setAsking(false);
    await reload();
  };

  return (
    <Card title={words.title} about={words.about}>
      {told.place}
      {codes.length > 0 ? (
        <RecoveryCodes titled codes={codes} onKept={done} />
      ) : settingUp ? (
        <AppSetUp
          submit={words.confirm}
          onDone={(confirmed) => {
            setSettingUp(false);
            if (confirmed.recovery_codes.length > 0) setCodes(confirmed.recovery_codes);
            else done();
            void reload();
          }}
          onCancel={() => setSettingUp(false)}
        />
      ) : (
        <Rows>
          <Row
            icon="phone"
            {...(app && { tone: "accent" as const })}
            title={
              app ? (
                <>
                  <span>{words.title}</span>
                  <Badge tone="good">{words.on}</Badge>
                </>
              ) : (
                words.off
              )
            }
            about={
              app ? (
                <span className="facts-line facts-line--stacked">
                  {times(app).map((fact) => (
                    <span key={fact}>{fact}</span>
                  ))}
                </span>
              ) : (
                words.offAbout
              )
            }
            deed={
              <Deeds>
                {app ? (
                  <Button small onClick={() => setAsking(true)}>
                    {words.remove}
                  </Button>
                ) : (
                  <Button
                    small
                    ref={wayBack}
                    onClick={() => {
                      told.hush();
                      setSettingUp(true);
                    }}
                  >
                    {words.setUp}
                  </Button>
                )}
              </Deeds>
            }
          />
        </Rows>
      )}
      <Sure
        open={asking}
        title={words.removeTitle}
        about={words.removeAbout}
        go={words.remove}
        busy={busy === "remove"}
        onGo={() => void remove()}
        onClose={() => setAsking(false)}
      />
    </Card>
  );
}
