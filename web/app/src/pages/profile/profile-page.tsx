import type { User } from "@keyturn/client";
import { useUser } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { Avatar, Badge, Card, Fact, Facts, Page, Skeleton } from "../../design";
import { useFormat, useWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { useFreshUser } from "../shared/fresh";
import { UnverifiedBanner } from "../shared/unverified";
import { displayName } from "./fields";
import { NamesForm } from "./names-form";
import "./profile.css";

/** `/profile`: who one is here. */
export function ProfilePage(): ReactNode {
  const { profile: words } = useWords();
  const user = useUser();
  useFreshUser();
  return (
    <Page title={words.title} about={words.about}>
      <UnverifiedBanner />
      {user === null ? <Coming /> : <Account user={user} />}
      {user !== null && <NamesForm user={user} />}
    </Page>
  );
}

function Account({ user }: { readonly user: User }): ReactNode {
  const { profile: words } = useWords();
  const format = useFormat();
  const name = displayName(user);
  return (
    <Card>
      <div className="who">
        <Avatar name={name} large />
        <div className="who__words">
          <h2 className="who__name">{name}</h2>
          {user.date_joined !== null && (
            <p className="soft small">{words.since(format.date(user.date_joined))}</p>
          )}
        </div>
      </div>
      <div className="account-facts">
        <Facts>
          <Fact name={words.username}>{user.username}</Fact>
          {user.email !== null && (
            <Fact name={words.email}>
              <div className="with-deed">
                <span>{user.email || <span className="soft">{words.noEmail}</span>}</span>
                {user.email !== "" && user.email_verified === true && (
                  <Badge tone="good">{words.confirmed}</Badge>
                )}
                {user.email !== "" && user.email_verified === false && (
                  <Badge tone="warn">{words.unconfirmed}</Badge>
                )}
                <Link href={PATHS.security}>{user.email ? words.change : words.add}</Link>
              </div>
            </Fact>
          )}
          <Fact name={words.id}>{String(user.id)}</Fact>
        </Facts>
      </div>
    </Card>
  );
}

/** Of the same height as what is coming. */
function Coming(): ReactNode {
  const { common } = useWords();
  return (
    <Card>
      <p className="visually-hidden" role="status">
        {common.loading}
      </p>
      <div className="who">
        <Skeleton width="3.5rem" height="3.5rem" />
        <div className="who__words">
          <Skeleton width="10rem" height="1.5rem" />
          <Skeleton width="8rem" />
        </div>
      </div>
      <Skeleton width="60%" height="1.5rem" />
      <Skeleton width="70%" height="1.5rem" />
    </Card>
  );
}
