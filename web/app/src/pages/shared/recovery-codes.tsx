import { useUser } from "@keyturn/client/react";
import { type ReactNode, useEffect, useRef } from "react";
import { config } from "../../config";
import { Button, Buttons, Notice } from "../../design";
import { useWords } from "../../i18n";
import { fileNamed, save } from "../security/save";
import { CopyButton } from "./copy-button";
import "./factors.css";

interface RecoveryCodesProps {
  readonly codes: readonly string[];
  /** The reader says that they are kept. */
  readonly onKept: () => void;
  /** Where no heading of a page says it. */
  readonly titled?: boolean;
}

/** New recovery codes, the only time that anybody sees them. */
export function RecoveryCodes({ codes, onKept, titled = false }: RecoveryCodesProps): ReactNode {
  const { steps } = useWords();
  const words = steps.codes;
  const name = useUser()?.username ?? "";
  const whole = useRef<HTMLDivElement>(null);

  useEffect(() => {
    whole.current?.focus();
  }, []);

  const download = (): void => {
    const text = [words.fileTitle(config.siteName, name), "", ...codes, ""].join("\n");
    save(new Blob([text], { type: "text/plain;charset=utf-8" }), fileNamed(name, "recovery-codes", "txt"));
  };

  return (
    <div className="recovery" ref={whole} tabIndex={-1}>
      <Notice tone="warn" {...(titled && { title: words.title })}>
        {words.about}
      </Notice>
      <ul className="recovery__codes" aria-label={words.label}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="recovery__deeds">
        <CopyButton text={codes.join("\n")} words={words} />
        <Button small onClick={download}>
          {words.download}
        </Button>
      </div>
      <Buttons>
        <Button kind="primary" onClick={onKept}>
          {words.kept}
        </Button>
      </Buttons>
    </div>
  );
}
