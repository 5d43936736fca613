import { addPasskey, canUsePasskeys, removePasskeys, renamePasskey } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { config } from "../../config";
import { Badge, Button, Card, Row, Rows } from "../../design";
import { useWords } from "../../i18n";
import { Deeds } from "../shared/deeds";
import { useWayBack } from "../shared/focus";
import { notePasskey } from "../shared/passkey-note";
import { RecoveryCodes } from "../shared/recovery-codes";
import { useFactorTimes } from "./factor-times";
import type { FactorsProps, OfType } from "./factors-part";
import { PasskeyNameForm } from "./passkey-name-form";
import { Sure } from "./sure";
import { useDeed } from "./use-deed";

type Passkey = OfType<"webauthn">;

/** Passkeys: made, named, removed. */
export function PasskeysCard({ all, reload }: FactorsProps): ReactNode {
  const { factors } = useWords();
  const words = factors.passkeys;
  const client = useKeyturn();
  const { told, busy, attempt } = useDeed();
  /** The form that is open: for a new one, or for the name of one. */
  const [naming, setNaming] = useState<"new" | Passkey | null>(null);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const [codes, setCodes] = useState<readonly string[]>([]);
  const [added, setAdded] = useState("");
  const wayBack = useWayBack(naming !== null);
  const passkeys = all.filter((factor) => factor.type === "webauthn");
  const able = config.passkeys && canUsePasskeys();

  const add = async (name: string): Promise<void> => {
    const made = await addPasskey(client, { name });
    setNaming(null);
    setAdded(made.passkey.name);
    notePasskey();
    if (made.recovery_codes.length > 0) setCodes(made.recovery_codes);
    else told.say(words.added(made.passkey.name));
    await reload();
  };

  const rename = async (passkey: Passkey, name: string): Promise<void> => {
    await renamePasskey(client, { id: passkey.id, name });
    setNaming(null);
    told.say(words.renamed(name));
    await reload();
  };

  const remove = async ({ id, name }: Passkey): Promise<void> => {
    const act = () => removePasskeys(client, { ids: [id] });
    if (await attempt("remove", act, words.removed(name))) told.focus();
    setRemoving(null);
    await reload();
  };

  const open = (form: "new" | Passkey): void => {
    told.hush();
    setNaming(form);
  };

  if (codes.length > 0)
    return (
      <Card title={words.title} about={words.about}>
        <RecoveryCodes
          titled
          codes={codes}
          onKept={() => {
            setCodes([]);
            told.say(words.added(added));
          }}
        />
      </Card>
    );
  return (
    <Card
      title={words.title}
      about={words.about}
      deed={
        able &&
        naming === null && (
          <Button small ref={wayBack} onClick={() => open("new")}>
            {words.add}
          </Button>
        )
      }
    >
      {told.place}
      <Rows label={words.title}>
        {passkeys.length === 0 && (
          <Row icon="passkey" title={words.none} about={able ? words.noneAbout : words.unable} />
        )}
        {passkeys.map((passkey) => (
          <PasskeyRow
            key={passkey.id}
            passkey={passkey}
            onRename={() => open(passkey)}
            onRemove={() => setRemoving(passkey)}
          />
        ))}
      </Rows>
      {naming !== null && (
        <PasskeyNameForm
          key={naming === "new" ? "new" : naming.id}
          name={naming === "new" ? suggestedName(words.suggested) : naming.name}
          submit={naming === "new" ? words.create : words.rename}
          onSend={(name) => (naming === "new" ? add(name) : rename(naming, name))}
          onCancel={() => setNaming(null)}
        />
      )}
      <Sure
        open={removing !== null}
        title={words.removeTitle(removing?.name ?? "")}
        about={words.removeAbout}
        go={words.remove}
        busy={busy === "remove"}
        onGo={() => removing !== null && void remove(removing)}
        onClose={() => setRemoving(null)}
      />
    </Card>
  );
}

interface PasskeyRowProps {
  readonly passkey: Passkey;
  readonly onRename: () => void;
  readonly onRemove: () => void;
}

function PasskeyRow({ passkey, onRename, onRemove }: PasskeyRowProps): ReactNode {
  const { factors } = useWords();
  const words = factors.passkeys;
  const times = useFactorTimes();
  return (
    <Row
      icon="passkey"
      tone="accent"
      title={
        <>
          <span>{passkey.name}</span>
          {passkey.is_passwordless === false && <Badge>{words.second}</Badge>}
        </>
      }
      about={
        <span className="facts-line facts-line--stacked">
          {times(passkey).map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </span>
      }
      deed={
        <Deeds>
          <Button small aria-label={words.renameOf(passkey.name)} onClick={onRename}>
            {words.rename}
          </Button>
          <Button small aria-label={words.removeOf(passkey.name)} onClick={onRemove}>
            {words.remove}
          </Button>
        </Deeds>
      }
    />
  );
}

/** "Passkey", with the system where the browser says which: "Passkey (macOS)". */
function suggestedName(word: string): string {
  const { platform } = navigator as { readonly platform?: string };
  const system = /mac/i.test(platform ?? "")
    ? "Mac"
    : /win/i.test(platform ?? "")
      ? "Windows"
      : /iphone|ipad/i.test(platform ?? "")
        ? "iPhone"
        : /linux/i.test(platform ?? "")
          ? "Linux"
          : "";
  return system === "" ? word : `${word} (${system})`;
}
