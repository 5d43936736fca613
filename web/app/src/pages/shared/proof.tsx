import { KeyturnError } from "@keyturn/client";
import { reauthenticate } from "@keyturn/client/account";
import { useKeyturn, useUser } from "@keyturn/client/react";
import { type ReactNode, useCallback, useRef, useState } from "react";
import { Button, Buttons, Dialog, PasswordField } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { ForPasswordManagers } from "./for-password-managers";

/** The reader gave it up: nothing was done, and nothing has to be said. */
export class GivenUp extends Error {}

export interface Proof {
  /**
   * Does something that may need a recent proof of who one is. Where the server asks for one, so does a dialog, and
   * then it is done once more.
   *
   * @throws GivenUp where the dialog was closed.
   */
  readonly proven: <T>(act: () => Promise<T>) => Promise<T>;
  readonly dialog: ReactNode;
}

interface Waiting {
  readonly go: () => void;
  readonly stop: () => void;
}

/** The password once more, asked for only where the server wants it (`reauthentication_required`). */
export function useProof(): Proof {
  const waiting = useRef<Waiting | null>(null);
  const [open, setOpen] = useState(false);

  const settle = useCallback((how: keyof Waiting): void => {
    const held = waiting.current;
    waiting.current = null;
    setOpen(false);
    held?.[how]();
  }, []);

  const proven = useCallback(async <T,>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof KeyturnError) || error.reason !== "reauthentication_required") throw error;
    }
    waiting.current?.stop();
    await new Promise<void>((go, stop) => {
      waiting.current = { go, stop: () => stop(new GivenUp()) };
      setOpen(true);
    });
    return act();
  }, []);

  const dialog = <ProofDialog open={open} onProven={() => settle("go")} onClose={() => settle("stop")} />;
  return { proven, dialog };
}

interface ProofDialogProps {
  readonly open: boolean;
  readonly onProven: () => void;
  readonly onClose: () => void;
}

function ProofDialog({ open, onProven, onClose }: ProofDialogProps): ReactNode {
  const { security, common } = useWords();
  const words = security.prove;
  const hasPassword = useUser()?.has_usable_password !== false;
  return (
    <Dialog
      open={open}
      title={words.title}
      about={hasPassword ? words.about : words.withoutPassword}
      onClose={onClose}
    >
      {hasPassword ? (
        <ProofForm onProven={onProven} onClose={onClose} />
      ) : (
        <Buttons end>
          <Button onClick={onClose}>{common.close}</Button>
        </Buttons>
      )}
    </Dialog>
  );
}

function ProofForm({ onProven, onClose }: Omit<ProofDialogProps, "open">): ReactNode {
  const { security, common } = useWords();
  const client = useKeyturn();
  const user = useUser();
  const form = useForm({
    names: ["password"],
    required: ["password"],
    submit: async ({ password }) => {
      await reauthenticate(client, { password });
      onProven();
    },
  });
  return (
    <Form form={form} label={security.prove.title}>
      <ForPasswordManagers username={user?.username} />
      <PasswordField
        {...form.bind("password")}
        label={security.prove.password}
        autoComplete="current-password"
      />
      <Buttons end>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button kind="primary" type="submit" busy={form.busy}>
          {security.prove.go}
        </Button>
      </Buttons>
    </Form>
  );
}
