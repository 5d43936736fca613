import { useState } from "react";
import { useWords } from "../../i18n";
import { gaveUp } from "../shared/given-up";
import { problemOfPasskey } from "../shared/passkey-problem";
import { type Told, useTold } from "../shared/told";

interface Deed {
  readonly told: Told;
  /** What is being done. */
  readonly busy: string | null;
  /** Does it; what went wrong is said, and so is `done` afterwards. Answers whether it was done. */
  readonly attempt: (what: string, act: () => Promise<void>, done?: string) => Promise<boolean>;
}

/** Something a card does by a press, and what it says of it. */
export function useDeed(): Deed {
  const words = useWords();
  const told = useTold();
  const [busy, setBusy] = useState<string | null>(null);

  const attempt: Deed["attempt"] = async (what, act, done) => {
    setBusy(what);
    told.hush();
    try {
      await act();
      if (done !== undefined) told.say(done);
      return true;
    } catch (error) {
      if (!gaveUp(error)) {
        const { form, fields } = problemOfPasskey(error, words);
        told.say(form ?? Object.values(fields)[0] ?? words.problems.other, "bad");
      }
      return false;
    } finally {
      setBusy(null);
    }
  };

  return { told, busy, attempt };
}
