import { useKeyturn } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Link, useSearch } from "wouter";
import { config } from "../../config";
import { Button, ButtonLink, EmailField, Page, PasswordField, UsernameField } from "../../design";
import { Form, useForm } from "../../forms";
import { useBasicWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { looksLikeAddress } from "../address";
import { useStep } from "../use-step";

/** A new account, where people may make one. */
export function SignUpPage(): ReactNode {
  return config.signUp ? <Open /> : <Closed />;
}

function Open(): ReactNode {
  const { entry, problems } = useBasicWords();
  const words = entry.signUp;
  const client = useKeyturn();
  const search = useSearch();
  const goOn = useStep();
  const form = useForm({
    names: ["email", "username", "password"],
    required: ["email", "password"],
    check: ({ email, password }) => ({
      ...(!looksLikeAddress(email) && { email: problems.field.invalid }),
      ...(Array.from(password).length < 8 && { password: problems.field.password_too_short }),
    }),
    submit: async ({ email, username, password }) => {
      const name = username.trim();
      const step = await client.signUp({
        email: email.trim(),
        password,
        ...(name !== "" && { username: name }),
      });
      goOn(step, { email: email.trim() });
    },
  });
  const kept = search === "" ? "" : `?${search}`;
  return (
    <Page title={words.title}>
      <Form form={form}>
        <EmailField {...form.bind("email")} label={entry.email} />
        <UsernameField {...form.bind("username")} label={entry.username} hint={words.usernameHint} optional />
        <PasswordField
          {...form.bind("password")}
          label={entry.password}
          hint={entry.passwordHint}
          autoComplete="new-password"
          enterKeyHint="go"
        />
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {words.submit}
        </Button>
      </Form>
      <p className="entry__other">
        {words.haveOne} <Link href={`${PATHS.signIn}${kept}`}>{words.signIn}</Link>
      </p>
    </Page>
  );
}

function Closed(): ReactNode {
  const { entry } = useBasicWords();
  return (
    <Page title={entry.signUp.closedTitle} about={entry.signUp.closed}>
      <ButtonLink to={PATHS.signIn} kind="primary" wide>
        {entry.signUp.signIn}
      </ButtonLink>
    </Page>
  );
}
