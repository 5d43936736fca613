import type { KeyturnClient, Step } from "@keyturn/client";
import { useEffect, useRef, useState } from "react";
import { config } from "../../config";
import { problemOf } from "../../forms";
import { useBasicWords } from "../../i18n";
import { knowsPasskey, notePasskey } from "../shared/passkey-note";

/** What passkeys and other services need is not loaded with the first page. */
export const loadFactors = () => import("@keyturn/client/factors");

/** Whether server and browser can. */
export const passkeysHere = config.passkeys && typeof globalThis.PublicKeyCredential === "function";

export interface AutofilledPasskey {
  /** Why the passkey that was picked was of no use. */
  readonly problem: string | null;
  /** Lets the form offer passkeys again, after another way was tried and given up. */
  readonly autofill: () => void;
}

/** Settles once the reader does something; at once in a browser that has used a passkey here. */
function wanted(signal: AbortSignal): Promise<void> {
  if (knowsPasskey()) return Promise.resolve();
  return new Promise((resolve) => {
    for (const deed of ["pointermove", "pointerdown", "keydown"])
      addEventListener(deed, () => resolve(), { signal, once: true });
  });
}

/**
 * Offers the reader's passkeys where the browser fills in the user name (WebAuthn Level 3, section 5.1.4,
 * "conditional"): picked there, one signs in with nothing else. A first visitor loads nothing for it before they do
 * something.
 */
export function useAutofilledPasskey(client: KeyturnClient, onStep: (step: Step) => void): AutofilledPasskey {
  const words = useBasicWords();
  const [problem, setProblem] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  const latest = useRef({ onStep, words });
  useEffect(() => {
    latest.current = { onStep, words };
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: each turn is one offer
  useEffect(() => {
    if (!passkeysHere) return;
    const end = new AbortController();
    const offer = async (): Promise<void> => {
      await wanted(end.signal);
      const { canAutofillPasskeys, signInWithPasskey, PasskeyError } = await loadFactors();
      await client.ready();
      if (end.signal.aborted || client.getSession().status === "signed-in" || !(await canAutofillPasskeys()))
        return;
      try {
        const step = await signInWithPasskey(client, { autofill: true, signal: end.signal });
        notePasskey();
        if (!end.signal.aborted) latest.current.onStep(step);
      } catch (error) {
        if (end.signal.aborted || error instanceof PasskeyError) return;
        const { form } = problemOf(error, latest.current.words);
        setProblem(form ?? latest.current.words.problems.other);
      }
    };
    // Without it, one signs in by the form: a network that fails here is told there.
    offer().catch(() => {});
    return () => end.abort();
  }, [client, turn]);

  return { problem, autofill: () => setTurn((before) => before + 1) };
}
