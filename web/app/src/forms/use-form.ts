import { type FormEvent, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { useBasicWords } from "../i18n";
import { problemOf, type Told } from "./problems";

/** What was typed, by the inputs' names. */
export type Values<Name extends string> = Readonly<Record<Name, string>>;

interface FormPlan<Name extends string> {
  /** The inputs' names, in the order of the page. */
  readonly names: readonly Name[];
  /** Which of them must not be empty. */
  readonly required?: readonly Name[];
  /** What can be told to be wrong without the server: a sentence by the input's name. */
  readonly check?: (values: Values<Name>) => Partial<Record<Name, string>>;
  /** Do it. What it throws is told on the form. */
  readonly submit: (values: Values<Name>) => Promise<void>;
  /** The server's names of the inputs, where they differ: `{ current_password: "current" }`. */
  readonly aliases?: Readonly<Record<string, Name>>;
}

export interface FormState<Name extends string> {
  readonly busy: boolean;
  /** What is wrong with the form as a whole. */
  readonly problem: string | null;
  /** `<Field {...form.bind("email")} label=… />` */
  bind(name: Name): {
    readonly name: Name;
    readonly problem: string | undefined;
    readonly onInput: () => void;
  };
  onSubmit(event: FormEvent<HTMLFormElement>): void;
  readonly form: RefObject<HTMLFormElement | null>;
}

const NOTHING: Told = { form: null, fields: {} };

/**
 * The state of a form. The inputs keep what is typed themselves and are read when the form is sent, so that password
 * managers and autofill, which tell nobody what they write, are heard too.
 *
 * What is wrong is said at the input, the first such input gets the focus, and a sentence goes as soon as its input
 * changes. A second press while the first is on its way does nothing.
 */
export function useForm<Name extends string>(plan: FormPlan<Name>): FormState<Name> {
  const words = useBasicWords();
  const [told, setTold] = useState<Told>(NOTHING);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const going = useRef(false);
  const failed = useRef(false);

  useEffect(() => {
    if (!failed.current) return;
    failed.current = false;
    const target =
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]') ??
      (told.form ? form.current?.querySelector<HTMLElement>("[data-form-problem]") : null);
    target?.focus();
    if (target instanceof HTMLInputElement) target.select();
  }, [told]);

  const fail = (found: Told): void => {
    failed.current = true;
    setTold(found);
  };

  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (going.current) return;
    const data = new FormData(event.currentTarget);
    const values = Object.fromEntries(
      plan.names.map((name) => [name, String(data.get(name) ?? "")]),
    ) as Record<Name, string>;
    const wrong: Partial<Record<Name, string>> = {};
    for (const name of plan.required ?? [])
      if (values[name].trim() === "") wrong[name] = words.problems.field.required;
    Object.assign(wrong, Object.keys(wrong).length > 0 ? {} : plan.check?.(values));
    if (Object.keys(wrong).length > 0) {
      fail({ form: null, fields: wrong as Record<string, string> });
      return;
    }
    going.current = true;
    setBusy(true);
    setTold(NOTHING);
    plan
      .submit(values)
      .catch((error: unknown) => fail(placed(problemOf(error, words), plan)))
      .finally(() => {
        going.current = false;
        setBusy(false);
      });
  };

  const forget = useCallback((name: string): void => {
    setTold((before) => {
      if (before.form === null && before.fields[name] === undefined) return before;
      const { [name]: _gone, ...others } = before.fields;
      return Object.keys(others).length === 0 ? NOTHING : { form: null, fields: others };
    });
  }, []);

  return {
    busy,
    problem: told.form,
    bind: (name) => ({ name, problem: told.fields[name], onInput: () => forget(name) }),
    onSubmit,
    form,
  };
}

/** Errors by our inputs' names; what belongs to no input of this form is said above it. */
function placed<Name extends string>(told: Told, { names, aliases = {} }: FormPlan<Name>): Told {
  const fields: Record<string, string> = {};
  const rest: string[] = told.form === null ? [] : [told.form];
  for (const [key, sentence] of Object.entries(told.fields)) {
    const name = aliases[key] ?? key;
    if ((names as readonly string[]).includes(name)) fields[name] = sentence;
    else rest.push(sentence);
  }
  return { form: rest.length > 0 ? rest.join(" ") : null, fields };
}
