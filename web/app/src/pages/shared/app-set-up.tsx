import { confirmApp, setUpApp } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useCallback, useState } from "react";
import { Button, Buttons, Skeleton } from "../../design";
import { Form, problemOf, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { CopyButton } from "./copy-button";
import "./factors.css";
import { useFirstInput } from "./focus";
import { NotLoaded } from "./not-loaded";
import { ofCode } from "./of-code";
import { OtpField } from "./otp-field";
import { useLoaded } from "./use-loaded";

type Confirmed = Awaited<ReturnType<typeof confirmApp>>;

interface AppSetUpProps {
  /** What the button says that ends it. */
  readonly submit: string;
  readonly onDone: (confirmed: Confirmed) => void;
  readonly onCancel?: () => void;
}

/** A picture for an authenticator app, and a code of the app's that shows that it has it. */
export function AppSetUp({ submit, onDone, onCancel }: AppSetUpProps): ReactNode {
  const allWords = useWords();
  const words = allWords.steps.app;
  const client = useKeyturn();
  const { state, reload } = useLoaded(useCallback(() => setUpApp(client), [client]));
  const form = useForm({
    names: ["code"],
    required: ["code"],
    submit: async ({ code }) => {
      const confirmed = await confirmApp(client, { code: code.replace(/\s/g, "") }).catch(
        (error: unknown) => {
          throw ofCode(error, "code");
        },
      );
      onDone(confirmed);
    },
  });
  useFirstInput(form.form, state.status === "loaded" && onCancel !== undefined);
  const [withKey, setWithKey] = useState(false);
  if (state.status === "failed")
    return <NotLoaded again={reload}>{problemOf(state.error, allWords).form ?? words.failed}</NotLoaded>;
  const known = state.status === "loaded" ? state.value : null;
  return (
    <div className="app-set-up">
      <div className="app-set-up__picture">
        {known === null ? (
          <Skeleton height="12rem" width="12rem" />
        ) : (
          <img src={pictureOf(known.totp_svg)} alt={words.picture} width="192" height="192" />
        )}
      </div>
      <div className="app-set-up__words">
        <p>{words.scan}</p>
        {withKey && known !== null ? (
          <div className="app-set-up__key">
            <p className="soft small">{words.cannotScan}</p>
            <code className="key">{inFours(known.secret)}</code>
            <CopyButton text={known.secret} words={words} />
          </div>
        ) : null}
        <div className="app-set-up__others">
          {!withKey && (
            <Button kind="quiet" small disabled={known === null} onClick={() => setWithKey(true)}>
              {words.key}
            </Button>
          )}
          {known !== null && /^otpauth:\/\//.test(known.totp_url) && (
            <a className="small" href={known.totp_url}>
              {words.open}
            </a>
          )}
        </div>
        <Form form={form}>
          <OtpField {...form.bind("code")} label={words.code} hint={words.codeHint} />
          <Buttons>
            <Button kind="primary" type="submit" busy={form.busy} disabled={known === null}>
              {submit}
            </Button>
            {onCancel && <Button onClick={onCancel}>{allWords.common.cancel}</Button>}
          </Buttons>
        </Form>
      </div>
    </div>
  );
}

/** A long key in groups that one can follow with the eye. */
export const inFours = (key: string): string => key.replace(/(.{4})(?=.)/g, "$1 ");

/** An address for a picture that is SVG text, or has such an address already. */
export const pictureOf = (svg: string): string =>
  svg.startsWith("data:image/") ? svg : `data:image/svg+xml,${encodeURIComponent(svg)}`;
