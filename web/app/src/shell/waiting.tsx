import type { ReactNode } from "react";
import { Skeleton } from "../design";
import { useBasicWords } from "../i18n";

/** In place of a page that is on its way. */
export function Waiting(): ReactNode {
  const { common: words } = useBasicWords();
  return (
    <div className="page" aria-busy="true">
      <h1 className="visually-hidden">{words.loading}</h1>
      <Skeleton width="11rem" height="2rem" />
      <Skeleton height="9rem" />
      <Skeleton height="14rem" />
    </div>
  );
}
