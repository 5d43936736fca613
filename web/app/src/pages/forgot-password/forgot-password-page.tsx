import { requestPasswordReset } from "@keyturn/client/account";
import { useKeyturn } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { useBasicWords } from "../../i18n";
import { AddressPage } from "../address-page";
import { useStep } from "../use-step";

/** Ask for a mail with a code for a new password. The answer is the same for an address that nobody has. */
export function ForgotPasswordPage(): ReactNode {
  const words = useBasicWords().entry.forgot;
  const client = useKeyturn();
  const goOn = useStep();
  return (
    <AddressPage
      title={words.title}
      about={words.about}
      submit={words.submit}
      send={async (email) => goOn(await requestPasswordReset(client, { email }), { email })}
    />
  );
}
