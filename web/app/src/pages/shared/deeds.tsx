import type { ReactNode } from "react";
import "./shared.css";

/** The buttons of a row: at its end, and on a phone below its words. */
export function Deeds({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="deeds">{children}</div>;
}
