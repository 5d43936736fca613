import { useKeyturn } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { useBasicWords } from "../../i18n";
import { LinkPage } from "../link-page";

/** Confirm an address by the link of a mail. */
export function VerifyByLink({ linkKey }: { readonly linkKey: string }): ReactNode {
  const words = useBasicWords().entry.verify;
  const client = useKeyturn();
  return (
    <LinkPage
      title={words.linkTitle}
      about={words.linkText}
      submit={words.linkSubmit}
      stray={words.stray}
      use={() => client.verifyEmail({ key: linkKey })}
      state={{ done: "verified" }}
    />
  );
}
