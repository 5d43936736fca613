import type { ReactNode } from "react";
import { classes } from "./classes";
import { Icon, type IconName } from "./icon";

/** A list of like things. */
export function Rows({
  label,
  children,
}: {
  readonly label?: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <ul className="rows" aria-label={label}>
      {children}
    </ul>
  );
}

interface RowProps {
  readonly icon?: IconName;
  readonly tone?: "accent" | "warn" | "bad";
  readonly title: ReactNode;
  readonly about?: ReactNode;
  /** A button at its end. */
  readonly deed?: ReactNode;
}

/** One of them. */
export function Row({ icon, tone, title, about, deed }: RowProps): ReactNode {
  return (
    <li className="row">
      {icon && (
        <span className={classes("row__mark", tone && `row__mark--${tone}`)}>
          <Icon name={icon} />
        </span>
      )}
      <div className="row__body">
        <div className="row__title">{title}</div>
        {about && <div className="row__about">{about}</div>}
      </div>
      {deed && <div className="row__deed">{deed}</div>}
    </li>
  );
}

/** Names and values. */
export function Facts({ children }: { readonly children: ReactNode }): ReactNode {
  return <dl className="facts">{children}</dl>;
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
