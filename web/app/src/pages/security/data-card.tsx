import { exportAccount } from "@keyturn/client/account";
import { useKeyturn, useUser } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Button, Card, Row, Rows } from "../../design";
import { problemOf } from "../../forms";
import { useWords } from "../../i18n";
import { Deeds } from "../shared/deeds";
import { dayKey } from "../shared/moments";
import { useTold } from "../shared/told";
import { fileNamed, save } from "./save";

/** Everything that is kept about the user, to take along (GDPR articles 15 and 20). */
export function DataCard(): ReactNode {
  const allWords = useWords();
  const words = allWords.security.data;
  const client = useKeyturn();
  const user = useUser();
  const told = useTold();
  const [busy, setBusy] = useState(false);

  const download = async (): Promise<void> => {
    setBusy(true);
    told.hush();
    try {
      save(await exportAccount(client), fileNamed(user?.username ?? "account", dayKey(new Date())));
      told.say(words.downloaded);
    } catch (error) {
      told.say(problemOf(error, allWords).form ?? allWords.problems.other, "bad");
    } finally {
      setBusy(false);
    }
  };

  return (
    <Card title={words.title}>
      {told.place}
      <Rows>
        <Row
          icon="download"
          title={words.export}
          about={words.exportAbout}
          deed={
            <Deeds>
              <Button small busy={busy} onClick={() => void download()}>
                {words.download}
              </Button>
            </Deeds>
          }
        />
      </Rows>
    </Card>
  );
}
