import type { User } from "@keyturn/client";
import { updateProfile } from "@keyturn/client/account";
import { useKeyturn } from "@keyturn/client/react";
import type { ReactNode } from "react";
import { Button, Buttons, Card, Field } from "../../design";
import { Form, useForm } from "../../forms";
import { useWords } from "../../i18n";
import { useTold } from "../shared/told";
import { changesOf, plainLabel, profileFields } from "./fields";

const AUTOFILL: Readonly<Record<string, string>> = { first_name: "given-name", last_name: "family-name" };

/** The fields that one may change oneself, all at once or none. */
export function NamesForm({ user }: { readonly user: User }): ReactNode {
  const { profile: words, common } = useWords();
  const client = useKeyturn();
  const told = useTold();
  const fields = profileFields(user);
  const form = useForm<string>({
    names: fields.map(({ name }) => name),
    submit: async (values) => {
      told.hush();
      const changes = changesOf(fields, values);
      if (Object.keys(changes).length === 0) {
        told.say(words.nothingChanged, "info");
        return;
      }
      await updateProfile(client, changes);
      told.say(words.saved);
    },
  });
  if (fields.length === 0) return null;
  const onlyNames = fields.every(({ name }) => Object.hasOwn(words.fields, name));
  return (
    <Card title={words.names} about={onlyNames && words.namesAbout}>
      {told.place}
      <Form form={form} label={words.names}>
        <div className="names">
          {fields.map(({ name, value }) => (
            <Field
              key={`${name} ${value}`}
              {...form.bind(name)}
              label={labelOf(words.fields, name)}
              defaultValue={value}
              autoComplete={AUTOFILL[name] ?? "off"}
              maxLength={500}
            />
          ))}
        </div>
        <Buttons>
          <Button kind="primary" type="submit" busy={form.busy}>
            {common.save}
          </Button>
        </Buttons>
      </Form>
    </Card>
  );
}

function labelOf(known: Readonly<Record<string, string>>, name: string): string {
  return (Object.hasOwn(known, name) ? known[name] : undefined) ?? plainLabel(name);
}
