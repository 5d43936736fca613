import { useKeyturn, useSession } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Link, useSearch } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { config } from "../../config";
import { Button, Notice, Page, PasswordField, UsernameField } from "../../design";
import { Form, useForm } from "../../forms";
import { useBasicWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { flowStateOf, useStep } from "../use-step";
import { OtherWays } from "./other-ways";
import { passkeysHere, useAutofilledPasskey } from "./passkey";
import { WhySignedOut } from "./why-signed-out";

/** Name and password, and the other ways in; above them why one has to, where that is known. */
export function SignInPage(): ReactNode {
  const { entry } = useBasicWords();
  const words = entry.signIn;
  const client = useKeyturn();
  const search = useSearch();
  const session = useSession();
  const goOn = useStep();
  const { done } = flowStateOf(useHistoryState());
  const told = done === "linked" ? undefined : done;
  const reason = session.status === "signed-out" ? session.reason : null;
  const form = useForm({
    names: ["username", "password"],
    required: ["username", "password"],
    aliases: { email: "username" },
    submit: async ({ username, password }) => {
      const name = username.trim();
      const step = await client.signIn(
        name.includes("@") ? { email: name, password } : { username: name, password },
      );
      goOn(step, name.includes("@") ? { email: name } : {});
    },
  });
  const { problem, autofill } = useAutofilledPasskey(client, goOn);
  const kept = search === "" ? "" : `?${search}`;
  return (
    <Page title={words.title}>
      {told ? (
        <Notice
          tone="good"
          role="status"
          title={told === "verified" ? entry.verify.doneTitle : entry.reset.doneTitle}
        >
          {told === "verified" ? entry.verify.done : entry.reset.done}
        </Notice>
      ) : (
        <WhySignedOut reason={reason} />
      )}
      {problem !== null && (
        <Notice tone="bad" role="alert">
          {problem}
        </Notice>
      )}
      <Form form={form}>
        <UsernameField
          {...form.bind("username")}
          label={entry.usernameOrEmail}
          autoComplete={passkeysHere ? "username webauthn" : "username"}
          defaultValue={config.demo?.username}
        />
        <div className="sign-in__password">
          <PasswordField
            {...form.bind("password")}
            label={entry.password}
            autoComplete="current-password"
            enterKeyHint="go"
            defaultValue={config.demo?.password}
          />
          <Link className="sign-in__forgot" href={PATHS.forgotPassword}>
            {words.forgot}
          </Link>
        </div>
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {words.submit}
        </Button>
      </Form>
      <OtherWays typed={form.form} search={search} autofill={autofill} onStep={goOn} />
      {config.demo !== null && (
        <p className="entry__aside-note">
          <strong>{words.demoTitle}.</strong> {words.demo}
        </p>
      )}
      {config.signUp && (
        <p className="entry__other">
          {words.noAccount} <Link href={`${PATHS.signUp}${kept}`}>{words.signUp}</Link>
        </p>
      )}
    </Page>
  );
}
