import { newRecoveryCodes } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Button, Card, Row, Rows } from "../../design";
import { useWords } from "../../i18n";
import { Deeds } from "../shared/deeds";
import { RecoveryCodes } from "../shared/recovery-codes";
import type { FactorsProps } from "./factors-part";
import { Sure } from "./sure";
import { useDeed } from "./use-deed";

/** How many are left, and new ones. */
export function CodesCard({ all, reload }: FactorsProps): ReactNode {
  const { factors } = useWords();
  const words = factors.codes;
  const client = useKeyturn();
  const { told, busy, attempt } = useDeed();
  const [codes, setCodes] = useState<readonly string[]>([]);
  const [asking, setAsking] = useState(false);
  const known = all.find((factor) => factor.type === "recovery_codes");
  const left = known?.unused_code_count ?? 0;

  const make = async (): Promise<void> => {
    await attempt("make", async () => setCodes(await newRecoveryCodes(client)));
    setAsking(false);
    await reload();
  };

  return (
    <Card title={words.title} about={words.about}>
      {told.place}
      {codes.length > 0 ? (
        <RecoveryCodes
          titled
          codes={codes}
          onKept={() => {
            setCodes([]);
            told.say(words.made);
            told.focus();
          }}
        />
      ) : (
        <Rows>
          <Row
            icon="lock"
            {...(left <= 2 && { tone: "warn" as const })}
            title={
              known === undefined
                ? words.none
                : left === 0
                  ? words.noneLeft
                  : words.left(left, known.total_code_count)
            }
            about={left === 0 ? words.noneAbout : words.keepAbout}
            deed={
              <Deeds>
                <Button
                  small
                  busy={busy === "make" && !asking}
                  onClick={() => (known === undefined ? void make() : setAsking(true))}
                >
                  {known === undefined ? words.makeFirst : words.make}
                </Button>
              </Deeds>
            }
          />
        </Rows>
      )}
      <Sure
        open={asking}
        title={words.sureTitle}
        about={words.sureAbout}
        go={words.make}
        busy={busy === "make"}
        onGo={() => void make()}
        onClose={() => setAsking(false)}
      />
    </Card>
  );
}
