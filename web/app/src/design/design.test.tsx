import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Button } from "./button";
import { Field } from "./field";
import { Notice } from "./notice";
import { PasswordField } from "./password-field";
import { initialsOf } from "./small";

const drawn = (node: ReactNode): string => renderToStaticMarkup(node);
const attribute = (markup: string, name: string): string =>
  new RegExp(`<input[^>]* ${name}="([^"]*)"`).exec(markup)?.[1] ?? "";

describe("a field", () => {
  const markup = drawn(<Field name="email" label="E-mail" hint="Yours." problem="This cannot be right." />);

  it("has a label that is its own", () => {
    expect(markup).toContain(`<label class="field__label" for="${attribute(markup, "id")}">E-mail`);
  });

  it("is described by what is wrong, then by its hint", () => {
    const [problem, hint] = attribute(markup, "aria-describedby").split(" ");
    expect(markup).toMatch(new RegExp(`id="${problem}"[^>]*>.*This cannot be right\\.`));
    expect(markup).toMatch(new RegExp(`id="${hint}"[^>]*>Yours\\.`));
    expect(attribute(markup, "aria-invalid")).toBe("true");
  });

  it("is not invalid before anything is wrong", () => {
    expect(drawn(<Field name="email" label="E-mail" />)).not.toContain("aria-invalid");
  });

  it("shows hostile words as words", () => {
    const hostile = '"><img src=x onerror=alert(1)>';
    const text = drawn(<Field name="x" label={hostile} problem={hostile} defaultValue={hostile} />);
    expect(text).not.toContain("<img");
  });
});

it("hides a password until it is asked for", () => {
  const markup = drawn(<PasswordField name="password" label="Password" autoComplete="current-password" />);
  expect(attribute(markup, "type")).toBe("password");
  expect(markup).toContain('aria-pressed="false"');
});

it("keeps a busy button in the keyboard's reach, and says that it is busy", () => {
  const markup = drawn(<Button busy>Save</Button>);
  expect(markup).toContain('aria-disabled="true"');
  expect(markup).toContain('aria-busy="true"');
  expect(markup).not.toMatch(/ disabled/);
  expect(markup).toContain("Save");
});

it("says what a notice is by its icon too", () => {
  const shapes = (["info", "good", "warn", "bad"] as const).map(
    (tone) => / d="([^"]+)"/.exec(drawn(<Notice tone={tone}>x</Notice>))?.[1],
  );
  expect(new Set(shapes).size).toBe(4);
});

it.each([
  ["jo", "j"],
  ["Ada Lovelace", "AL"],
  ["jo.doe@example.com", "jd"],
  ["", ""],
  ["@@", ""],
  ["😀 x", "😀x"],
])("takes the initials of %j", (name, letters) => {
  expect(initialsOf(name)).toBe(letters);
});
