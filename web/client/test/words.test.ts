/** The closed unions against the document of a real server: no word is missing, and none is invented. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { served } from "./browser.js";

const source = readFileSync(new URL("../src/words.ts", import.meta.url), "utf8");

const unionOf = (name: string): string[] => {
  const [, text = ""] = new RegExp(`export type ${name} =([^;]*);`).exec(source) ?? [];
  return [...text.matchAll(/"(\w+)"/g)].map(([, word = ""]) => word);
};

/** All values of all enumerations that a property of this name has anywhere in the document. */
function enumerated(document: unknown, property: string): Set<string> {
  const found = new Set<string>();
  const schemas = (document as { components: { schemas: Record<string, { enum?: string[] }> } }).components
    .schemas;
  const wordsOf = (schema: {
    enum?: string[];
    $ref?: string;
    allOf?: [];
    oneOf?: [];
    anyOf?: [];
  }): string[] => [
    ...(schema.enum ?? []),
    ...(schema.$ref ? wordsOf(schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}) : []),
    ...[...(schema.allOf ?? []), ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap(wordsOf),
  ];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { properties } = value as { properties?: Record<string, object> };
    const own = properties?.["detail"] ? properties[property] : undefined;
    if (own) for (const word of wordsOf(own)) if (word) found.add(word);
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(document);
  return found;
}

test("every code of an error is a word of the package", async () => {
  const document = await (await fetch(`${served.base}/schema/`)).json();
  const codes = [...enumerated(document, "code")];
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !unionOf("ErrorCode").includes(code))).toEqual([]);
});

test("every reason of an error is a word of the package", async () => {
  const document = await (await fetch(`${served.base}/schema/`)).json();
  const ours = [...unionOf("RefusalReason"), ...unionOf("FieldReason")];
  const reasons = [...enumerated(document, "reason")];
  expect(reasons.length).toBeGreaterThan(20);
  expect(reasons.filter((reason) => !ours.includes(reason))).toEqual([]);
});

test("every word of the package is in the page of errors", () => {
  const page = readFileSync(new URL("../../../docs/reference/errors.md", import.meta.url), "utf8");
  const ours = [...unionOf("ErrorCode"), ...unionOf("RefusalReason"), ...unionOf("FieldReason")];
  expect(ours.filter((word) => word !== "unreachable" && !page.includes(`\`${word}\``))).toEqual([]);
});
