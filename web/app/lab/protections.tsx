import type { ReactNode } from "react";
import { config } from "../src/config";
import type { Protection } from "./stage";

interface ProtectionsProps {
  readonly protection: Protection;
  readonly signedIn: boolean;
  readonly busy: boolean;
  onChoose(protection: Protection): void;
}

const CHOICES: readonly { id: Protection; title: string; text: string }[] = [
  {
    id: "dpop",
    title: "A key in the browser",
    text: "DPoP: cannot be copied. A thief is out at the first use.",
  },
  {
    id: "cookie",
    title: "A device cookie",
    text: "For browsers without WebCrypto. Out at the first use without it.",
  },
  {
    id: "none",
    title: "Nothing",
    text: "A bare token, as in most tutorials. Out as soon as you both have used it.",
  },
];

/** What the session is bound to. To change that is to sign in anew. */
export function Protections({ protection, signedIn, busy, onChoose }: ProtectionsProps): ReactNode {
  return (
    <fieldset className="lab-protections">
      <legend>Your session is bound to</legend>
      {CHOICES.map(({ id, title, text }) => (
        <button
          key={id}
          type="button"
          className="lab-protection"
          aria-pressed={signedIn && protection === id}
          aria-disabled={busy || !config.demo || undefined}
          onClick={() => !busy && config.demo && onChoose(id)}
        >
          <strong>{title}</strong>
          <span>{text}</span>
        </button>
      ))}
    </fieldset>
  );
}
