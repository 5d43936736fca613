import type { ButtonHTMLAttributes, MouseEvent, ReactNode, Ref } from "react";
import { Link } from "wouter";
import { classes } from "./classes";
import { Spinner } from "./small";

type Kind = "primary" | "secondary" | "quiet" | "danger" | "danger-strong";

interface Looks {
  /** One primary button a form; `danger-strong` for the last word before something is gone. */
  readonly kind?: Kind;
  readonly small?: boolean;
  /** As wide as what holds it. */
  readonly wide?: boolean;
}

export interface ButtonProps extends Looks, ButtonHTMLAttributes<HTMLButtonElement> {
  /** It is being done: a turning ring in place of the words, and further presses do nothing. */
  readonly busy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

function classOf({ kind = "secondary", small = false, wide = false }: Looks, busy = false): string {
  return classes(
    "button",
    `button--${kind}`,
    small && "button--small",
    wide && "button--wide",
    busy && "button--busy",
  );
}

/**
 * A button that keeps the keyboard's focus while it is busy or disabled: `aria-disabled`, never `disabled`, so that a
 * screen reader finds it and says its state (ARIA Authoring Practices, "Focusability of disabled controls").
 */
export function Button(props: ButtonProps): ReactNode {
  const {
    kind,
    small,
    wide,
    busy = false,
    disabled = false,
    children,
    className,
    onClick,
    type,
    ...rest
  } = props;
  const still = busy || disabled;
  const pressed = (event: MouseEvent<HTMLButtonElement>): void => {
    if (still) event.preventDefault();
    else onClick?.(event);
  };
  const looks: Looks = { ...(kind && { kind }), ...(small && { small }), ...(wide && { wide }) };
  return (
    <button
      {...rest}
      type={type ?? "button"}
      className={classes(classOf(looks, busy), className)}
      aria-disabled={still || undefined}
      aria-busy={busy || undefined}
      onClick={pressed}
    >
      <span className="button__words">{children}</span>
      {busy && (
        <span className="button__spinner">
          <Spinner />
        </span>
      )}
    </button>
  );
}

interface ButtonLinkProps extends Looks {
  /** A path of the app, or with `outside` any address of this server. */
  readonly to: string;
  readonly outside?: boolean;
  /** In a tab of its own: the page here is in the middle of something. */
  readonly apart?: boolean;
  readonly children: ReactNode;
}

/** A link that looks like a button: it leads somewhere, where a button does something. */
export function ButtonLink({
  to,
  outside = false,
  apart = false,
  children,
  ...looks
}: ButtonLinkProps): ReactNode {
  const words = <span className="button__words">{children}</span>;
  if (outside)
    return (
      <a
        href={to}
        className={classOf(looks)}
        target={apart ? "_blank" : undefined}
        rel={apart ? "noreferrer" : undefined}
      >
        {words}
      </a>
    );
  return (
    <Link href={to} className={classOf(looks)}>
      {words}
    </Link>
  );
}

/** Buttons in a row, which breaks where it is too narrow. */
export function Buttons({
  end = false,
  children,
}: {
  readonly end?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  return <div className={classes("buttons", end && "buttons--end")}>{children}</div>;
}
