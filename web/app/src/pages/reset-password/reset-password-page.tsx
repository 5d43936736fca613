import { resetPassword } from "@keyturn/client/account";
import { useKeyturn } from "@keyturn/client/react";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { Button, CodeField, Icon, Page, PasswordField } from "../../design";
import { Form, useForm } from "../../forms";
import { useBasicWords } from "../../i18n";
import { PATHS } from "../../shell/paths";
import { InboxLink } from "../inbox-link";
import { forgetKeyOfLink, takeKeyOfLink } from "../key-of-link";
import { ofLink } from "../of-link";
import { flowStateOf, useStep } from "../use-step";

/** A new password: with the code, in the flow that sent it, or by the link of the mail, anywhere. */
export function ResetPasswordPage(): ReactNode {
  const [linkKey] = useState(takeKeyOfLink);
  const { email } = flowStateOf(useHistoryState());
  const { entry, problems } = useBasicWords();
  const words = entry.reset;
  const client = useKeyturn();
  const goOn = useStep();
  const form = useForm({
    names: ["key", "password"],
    required: linkKey === null ? ["key", "password"] : ["password"],
    check: ({ password }) =>
      Array.from(password).length < 8 ? { password: problems.field.password_too_short } : {},
    submit: async ({ key, password }) => {
      const step = await resetPassword(client, { key: linkKey ?? key.trim(), password }).catch(
        (error: unknown) => {
          throw linkKey === null ? error : ofLink(error);
        },
      );
      forgetKeyOfLink();
      goOn(step, { done: "reset" });
    },
  });
  const sent = email === undefined ? words.sent : words.sentTo(email);
  return (
    <Page title={words.title} about={linkKey === null ? sent : words.everywhereByLink}>
      <Form form={form}>
        {linkKey === null && <CodeField {...form.bind("key")} label={entry.code} hint={entry.codeHint} />}
        <PasswordField
          {...form.bind("password")}
          label={entry.newPassword}
          hint={entry.passwordHint}
          autoComplete="new-password"
          enterKeyHint="go"
        />
        <Button type="submit" kind="primary" wide busy={form.busy}>
          {words.submit}
        </Button>
        {linkKey === null && <p className="soft small">{words.everywhere}</p>}
      </Form>
      {linkKey === null && <InboxLink />}
      <p className="entry__other">
        <Link className="entry__back" href={linkKey === null ? PATHS.forgotPassword : PATHS.signIn}>
          <Icon name="back" size={16} /> {linkKey === null ? words.other : entry.forgot.back}
        </Link>
      </p>
    </Page>
  );
}
