import { type ReactNode, useEffect, useRef } from "react";
import { config } from "../config";
import { cameByLink } from "../shell/navigation";

interface PageProps {
  readonly title: string;
  readonly about?: ReactNode;
  readonly children?: ReactNode;
}

/**
 * A screen: its heading (h1), which is the document's title too.
 *
 * After a change of pages the heading takes the focus, so that a screen reader says where one is and the next press of
 * Tab leads into the page. On the first page of a visit the focus stays where the browser has it.
 */
export function Page({ title, about, children }: PageProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    document.title = `${title} · ${config.siteName}`;
  }, [title]);

  useEffect(() => {
    if (!cameByLink()) return;
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, []);

  return (
    <div className="page">
      <div className="page__top">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {about && <p className="page__about">{about}</p>}
      </div>
      {children}
    </div>
  );
}
