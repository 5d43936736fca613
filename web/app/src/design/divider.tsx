import type { ReactNode } from "react";

/** A line with a word in it, between two ways of which one will do. */
export function Divider({ children }: { readonly children: string }): ReactNode {
  return <p className="divider">{children}</p>;
}
