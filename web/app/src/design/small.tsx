import type { ReactNode } from "react";
import { classes } from "./classes";

/** A turning ring. Say beside it, or in a live region, what is waited for: it says nothing itself. */
export function Spinner(): ReactNode {
  return <span className="spinner" aria-hidden="true" />;
}

/** The place of words that are not there yet, so that nothing moves when they come. */
export function Skeleton({
  width = "100%",
  height = "1em",
}: {
  readonly width?: string;
  readonly height?: string;
}): ReactNode {
  return <span className="skeleton" style={{ width, height }} aria-hidden="true" />;
}

interface BadgeProps {
  readonly tone?: "accent" | "good" | "warn" | "bad";
  readonly children: ReactNode;
}

/** A word or two about a thing, beside its name. */
export function Badge({ tone, children }: BadgeProps): ReactNode {
  return <span className={classes("badge", tone && `badge--${tone}`)}>{children}</span>;
}

/** The first letters of a name in a circle; nothing for screen readers, since the name stands beside it. */
export function Avatar({
  name,
  large = false,
}: {
  readonly name: string;
  readonly large?: boolean;
}): ReactNode {
  return (
    <span className={classes("avatar", large && "avatar--large")} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

/** One letter of each of the first two words. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._@+-]+/u).filter((word) => word !== "");
  return words
    .slice(0, 2)
    .map((word) => Array.from(word)[0] ?? "")
    .join("");
}

/** In place of a list that has nothing in it. */
export function Empty({
  icon,
  children,
}: {
  readonly icon?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className="empty">
      {icon}
      <p>{children}</p>
    </div>
  );
}
