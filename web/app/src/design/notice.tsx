import type { ReactNode, Ref } from "react";
import { classes } from "./classes";
import { Sign, type SignName } from "./sign";

export type Tone = "info" | "good" | "warn" | "bad";

const ICONS: Record<Tone, SignName> = { info: "info", good: "check-circle", warn: "warning", bad: "alert" };

interface NoticeProps {
  readonly tone?: Tone;
  readonly title?: string;
  readonly children?: ReactNode;
  /** Buttons or links below the words. */
  readonly deeds?: ReactNode;
  /** "alert" interrupts a screen reader: for what went wrong just now. "status" waits: for what is done. */
  readonly role?: "alert" | "status";
  readonly ref?: Ref<HTMLDivElement>;
}

/** Some words apart from the rest. Its tone is in its icon too, so that it does not hang on colour alone. */
export function Notice({ tone = "info", title, children, deeds, role, ref }: NoticeProps): ReactNode {
  return (
    <div
      ref={ref}
      className={classes("notice", `notice--${tone}`)}
      role={role}
      tabIndex={ref ? -1 : undefined}
    >
      <span className="notice__icon">
        <Sign name={ICONS[tone]} />
      </span>
      <div className="notice__body">
        {title && <p className="notice__title">{title}</p>}
        {children && <div>{children}</div>}
        {deeds && <div className="notice__deeds">{deeds}</div>}
      </div>
    </div>
  );
}
