import { signInWithMailLink } from "@keyturn/client/factors";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { ButtonLink, Page } from "../../design";
import { useWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { BackToSignIn } from "../back-to-sign-in";
import { takeKeyOfLink } from "../key-of-link";
import { LinkPage } from "../link-page";

/** Sign in by the link of a mail. */
export function MailLinkPage(): ReactNode {
  const [key] = useState(takeKeyOfLink);
  const words = useWords().steps.mailLink;
  const client = useKeyturn();
  if (key !== null)
    return (
      <LinkPage
        title={words.title}
        about={words.about}
        submit={words.submit}
        stray={words.stray}
        use={() => signInWithMailLink(client, { key })}
      />
    );
  return (
    <Page title={words.missingTitle} about={words.missing}>
      <ButtonLink to={PATHS.mailCode} kind="primary" wide>
        {words.again}
      </ButtonLink>
      <BackToSignIn />
    </Page>
  );
}
