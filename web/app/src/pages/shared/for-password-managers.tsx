import type { ReactNode } from "react";

/** Tells password managers whose password a form is about. Nobody sees it, and nobody types into it. */
export function ForPasswordManagers({ username }: { readonly username: string | undefined }): ReactNode {
  return <input type="text" name="username" autoComplete="username" value={username ?? ""} readOnly hidden />;
}
