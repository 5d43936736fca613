import type { ReactNode } from "react";
import { ButtonLink, Page } from "../design";
import { useBasicWords } from "../i18n";
import { PATHS } from "./paths";

export function NotFound(): ReactNode {
  const { common: words } = useBasicWords();
  return (
    <Page title={words.notFoundTitle} about={words.notFound}>
      <ButtonLink to={PATHS.home} kind="primary" wide>
        {words.toHome}
      </ButtonLink>
    </Page>
  );
}
