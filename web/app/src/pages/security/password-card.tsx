import { changePassword } from "@keyturn/client/account";
import { useKeyturn, useUser } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Button, Buttons, Card, PasswordField, Row, Rows, Skeleton } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { Deeds } from "../shared/deeds";
import { useFirstInput, useWayBack } from "../shared/focus";
import { ForPasswordManagers } from "../shared/for-password-managers";
import { gaveUp } from "../shared/given-up";
import { useTold } from "../shared/told";

/** Change the password, or set the first one. */
export function PasswordCard(): ReactNode {
  const { security } = useWords();
  const words = security.password;
  const user = useUser();
  const told = useTold();
  const [open, setOpen] = useState(false);
  const wayBack = useWayBack(open);
  const hasOne = user?.has_usable_password !== false;
  const button = (
    <Deeds>
      <Button
        small
        ref={wayBack}
        onClick={() => {
          told.hush();
          setOpen(true);
        }}
      >
        {hasOne ? words.change : words.add}
      </Button>
    </Deeds>
  );
  return (
    <Card title={words.title} about={words.about}>
      {told.place}
      {open ? (
        <PasswordForm
          hasOne={hasOne}
          username={user?.username ?? ""}
          onDone={() => {
            setOpen(false);
            told.say(words.changed);
          }}
          onCancel={() => setOpen(false)}
        />
      ) : (
        <Rows>
          <Row
            icon="key"
            title={user === null ? <Skeleton width="9rem" /> : hasOne ? words.set : words.none}
            about={
              hasOne ? (
                <span className="secret-dots" aria-hidden="true">
                  ••••••••••
                </span>
              ) : (
                words.noneAbout
              )
            }
            deed={button}
          />
        </Rows>
      )}
    </Card>
  );
}

interface PasswordFormProps {
  readonly hasOne: boolean;
  readonly username: string;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

function PasswordForm({ hasOne, username, onDone, onCancel }: PasswordFormProps): ReactNode {
  const { security, common } = useWords();
  const words = security.password;
  const client = useKeyturn();
  const form = useForm({
    names: hasOne ? ["current", "next"] : ["next"],
    required: hasOne ? ["current", "next"] : ["next"],
    aliases: { current_password: "current", new_password: "next" },
    check: ({ current, next }): Partial<Record<"current" | "next", string>> =>
      hasOne && current === next ? { next: words.sameAsBefore } : {},
    submit: async ({ current, next }) => {
      try {
        await changePassword(client, hasOne ? { current, next } : { next });
      } catch (error) {
        if (gaveUp(error)) return;
        throw error;
      }
      await client.reloadUser().catch(() => null);
      onDone();
    },
  });
  useFirstInput(form.form);
  return (
    <div className="narrow">
      <Form form={form} label={words.title}>
        <ForPasswordManagers username={username} />
        {hasOne && (
          <PasswordField {...form.bind("current")} label={words.current} autoComplete="current-password" />
        )}
        <PasswordField
          {...form.bind("next")}
          label={words.next}
          hint={words.hint}
          autoComplete="new-password"
        />
        <Buttons>
          <Button kind="primary" type="submit" busy={form.busy}>
            {hasOne ? words.save : words.saveFirst}
          </Button>
          <Button onClick={onCancel}>{common.cancel}</Button>
        </Buttons>
      </Form>
    </div>
  );
}
