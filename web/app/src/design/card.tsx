import { type ReactNode, useId } from "react";
import { classes } from "./classes";

interface CardProps {
  readonly title?: string;
  readonly about?: ReactNode;
  /** At the end of the heading's line: a button, a badge. */
  readonly deed?: ReactNode;
  readonly tone?: "danger" | "plain";
  readonly children?: ReactNode;
}

/** A part of a page with a heading of its own (h2), and a landmark by that name. */
export function Card({ title, about, deed, tone, children }: CardProps): ReactNode {
  const id = useId();
  return (
    <section className={classes("card", tone && `card--${tone}`)} aria-labelledby={title ? id : undefined}>
      {(title || deed) && (
        <div className="card__top">
          <div className="card__heading">
            {title && <h2 id={id}>{title}</h2>}
            {about && <p className="card__about">{about}</p>}
          </div>
          {deed}
        </div>
      )}
      {children}
    </section>
  );
}
