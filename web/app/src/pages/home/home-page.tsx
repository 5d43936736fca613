import { useUser } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { config } from "../../config";
import { Card, Page } from "../../design";
import { useWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { UnverifiedBanner } from "../shared/unverified";
import { Place, Places } from "./places";
import "./home.css";
import { ThisSession } from "./this-session";
import { TryACall } from "./try-a-call";

/** The first page of somebody signed in. */
export function HomePage(): ReactNode {
  const { home: words } = useWords();
  const user = useUser();
  const { lab, inbox, docs, admin } = config.links;
  return (
    <Page title={user === null ? words.title : words.hello(nameOf(user))} about={words.about}>
      <UnverifiedBanner />
      <ThisSession />
      <Card title={words.placesTitle}>
        <Places>
          <Place to={PATHS.profile} icon="user" {...words.places.profile} />
          <Place to={PATHS.security} icon="shield" {...words.places.security} />
          <Place to={PATHS.activity} icon="activity" {...words.places.activity} />
        </Places>
      </Card>
      {config.development && (
        <Card title={words.developTitle} about={words.developAbout}>
          <Places>
            {lab && <Place to={lab} outside icon="flask" {...words.develop.lab} />}
            {inbox && <Place to={inbox} outside icon="mail" {...words.develop.inbox} />}
            {docs && <Place to={docs} outside icon="book" {...words.develop.docs} />}
            {admin && <Place to={admin} outside icon="gear" {...words.develop.admin} />}
          </Places>
          <TryACall />
        </Card>
      )}
    </Page>
  );
}

/** What somebody is called: the first name, where the project has one. */
function nameOf(user: { readonly username: string; readonly [field: string]: unknown }): string {
  const first = user["first_name"];
  return typeof first === "string" && first.trim() !== "" ? first.trim() : user.username;
}
