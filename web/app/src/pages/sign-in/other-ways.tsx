import type { Step } from "@keyturn/client";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, type RefObject, useState } from "react";
import { useLocation } from "wouter";
import { config } from "../../config";
import { Button, Divider, Notice } from "../../design";
import { problemOf } from "../../forms";
import { useBasicWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { looksLikeAddress } from "../address";
import { notePasskey } from "../shared/passkey-note";
import { loadFactors, passkeysHere } from "./passkey";

interface OtherWaysProps {
  /** The form, whose user name goes along where it is an address. */
  readonly typed: RefObject<HTMLFormElement | null>;
  /** The page's own query: where one wanted to go. */
  readonly search: string;
  /** Lets the form offer passkeys again. */
  readonly autofill: () => void;
  readonly onStep: (step: Step) => void;
}

/** The ways in besides a password, as far as the server has them. */
export function OtherWays({ typed, search, autofill, onStep }: OtherWaysProps): ReactNode {
  const words = useBasicWords();
  const { signIn } = words.entry;
  const client = useKeyturn();
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const kept = search === "" ? "" : `?${search}`;
  if (!passkeysHere && !config.signInByMail && config.providers.length === 0) return null;

  const attempt = async (way: string, act: () => Promise<void>): Promise<void> => {
    if (busy !== null) return;
    setBusy(way);
    setProblem(null);
    try {
      await act();
    } catch (error) {
      const { PasskeyError } = await loadFactors().catch(() => ({ PasskeyError: null }));
      if (PasskeyError && error instanceof PasskeyError) {
        if (error.reason !== "given-up") setProblem(signIn.noPasskeys);
        autofill();
      } else setProblem(problemOf(error, words).form ?? words.problems.other);
    } finally {
      setBusy(null);
    }
  };

  const byPasskey = async (): Promise<void> => {
    const { signInWithPasskey } = await loadFactors();
    const step = await signInWithPasskey(client);
    notePasskey();
    onStep(step);
  };

  const byProvider = async (provider: string): Promise<void> => {
    const { startProvider } = await loadFactors();
    const callback = `${window.location.origin}${PATHS.provider}${kept}`;
    window.location.assign(await startProvider(client, { provider, callback_url: callback }));
  };

  const byMail = (): void => {
    const name = new FormData(typed.current ?? undefined).get("username");
    const address = typeof name === "string" && looksLikeAddress(name) ? name.trim() : undefined;
    navigate(`${PATHS.mailCode}${kept}`, { state: address === undefined ? {} : { typed: address } });
  };

  return (
    <div className="stack">
      <Divider>{signIn.or}</Divider>
      {problem !== null && (
        <Notice tone="bad" role="alert">
          {problem}
        </Notice>
      )}
      {passkeysHere && (
        <Button wide busy={busy === "passkey"} onClick={() => void attempt("passkey", byPasskey)}>
          {signIn.passkey}
        </Button>
      )}
      {config.providers.map(({ id, name }) => (
        <Button
          key={id}
          wide
          busy={busy === `provider ${id}`}
          onClick={() => void attempt(`provider ${id}`, () => byProvider(id))}
        >
          {signIn.provider(name)}
        </Button>
      ))}
      {config.signInByMail && (
        <Button wide onClick={byMail}>
          {signIn.mail}
        </Button>
      )}
    </div>
  );
}
