import { deleteAccount } from "@keyturn/client/account";
import { useKeyturn, useUser } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Button, Buttons, Card, Dialog, PasswordField } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { atField } from "../shared/at-field";
import { ForPasswordManagers } from "../shared/for-password-managers";
import { gaveUp } from "../shared/given-up";

/** The end of the account. The server asks for the password, or for a recent proof where there is none. */
export function DeleteCard(): ReactNode {
  const { security } = useWords();
  const words = security.remove;
  const user = useUser();
  const [open, setOpen] = useState(false);
  return (
    <Card
      title={words.title}
      about={words.about}
      tone="danger"
      deed={
        <Button small kind="danger" onClick={() => setOpen(true)} disabled={user === null}>
          {words.open}
        </Button>
      }
    >
      <Dialog
        open={open}
        title={words.sure}
        about={words.sureAbout(user?.username ?? "")}
        onClose={() => setOpen(false)}
      >
        <DeleteForm onCancel={() => setOpen(false)} />
      </Dialog>
    </Card>
  );
}

function DeleteForm({ onCancel }: { readonly onCancel: () => void }): ReactNode {
  const { security, common, problems } = useWords();
  const words = security.remove;
  const client = useKeyturn();
  const user = useUser();
  const hasPassword = user?.has_usable_password !== false;
  const form = useForm({
    names: hasPassword ? ["password"] : [],
    required: hasPassword ? ["password"] : [],
    submit: async ({ password }) => {
      try {
        await deleteAccount(client, hasPassword ? { password } : {});
      } catch (error) {
        if (gaveUp(error)) return;
        throw atField(error, "wrong_password", "password", problems.field["wrong_password"]);
      }
    },
  });
  return (
    <Form form={form} label={words.sure}>
      {hasPassword && (
        <>
          <ForPasswordManagers username={user?.username} />
          <PasswordField {...form.bind("password")} label={words.password} autoComplete="current-password" />
        </>
      )}
      <Buttons end>
        <Button onClick={onCancel}>{common.cancel}</Button>
        <Button kind="danger-strong" type="submit" busy={form.busy}>
          {words.go}
        </Button>
      </Buttons>
    </Form>
  );
}
