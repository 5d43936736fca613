import { type ReactNode, useCallback, useRef, useState } from "react";
import { Notice, type Tone } from "../../design";
import "./shared.css";

export interface Told {
  /** Say it; it takes the place of what was said before. */
  readonly say: (text: string, tone?: Tone) => void;
  readonly hush: () => void;
  /** Take the focus, where what had it is gone. */
  readonly focus: () => void;
  /** Where it is said. It is always on the page, since screen readers hear only changes of what they know. */
  readonly place: ReactNode;
}

/** What has just been done, in a sentence, where it was done. */
export function useTold(): Told {
  const [told, setTold] = useState<{ readonly text: string; readonly tone: Tone } | null>(null);
  const say = useCallback((text: string, tone: Tone = "good") => setTold({ text, tone }), []);
  const hush = useCallback(() => setTold(null), []);
  const where = useRef<HTMLDivElement>(null);
  const focus = useCallback(() => where.current?.focus(), []);
  const place = (
    <div role="status" className="told" ref={where} tabIndex={-1}>
      {told !== null && <Notice tone={told.tone}>{told.text}</Notice>}
    </div>
  );
  return { say, hush, focus, place };
}
