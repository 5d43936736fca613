import type { ReactNode } from "react";
import { Link } from "wouter";
import { Icon, type IconName } from "../../design";

export function Places({ children }: { readonly children: ReactNode }): ReactNode {
  return <ul className="places">{children}</ul>;
}

interface PlaceProps {
  readonly to: string;
  /** A page of the server that is not the app's. */
  readonly outside?: boolean;
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
}

/** A way to another page, with a sentence about it. */
export function Place({ to, outside = false, icon, title, text }: PlaceProps): ReactNode {
  const words = (
    <>
      <span className="place__icon">
        <Icon name={icon} />
      </span>
      <span className="place__words">
        <span className="place__title">{title}</span>
        <span className="place__text">{text}</span>
      </span>
      <span className="place__forward">
        <Icon name="forward" size={18} />
      </span>
    </>
  );
  return (
    <li>
      {outside ? (
        <a href={to} className="place">
          {words}
        </a>
      ) : (
        <Link href={to} className="place">
          {words}
        </Link>
      )}
    </li>
  );
}
