import { describe, expect, it } from "vitest";
import { de } from "./de";
import { en } from "./en";
import { formatOf } from "./format";
import { startLocale } from "./locale";

/** Every leaf of a dictionary, by its path. */
function leavesOf(words: object, path = ""): Map<string, unknown> {
  const leaves = Object.entries(words).flatMap(([name, value]): [string, unknown][] =>
    typeof value === "object" && value !== null
      ? [...leavesOf(value, `${path}${name}.`)]
      : [[`${path}${name}`, value]],
  );
  return new Map(leaves);
}

describe("the dictionaries", () => {
  const english = leavesOf(en);
  const german = leavesOf(de);

  it("have the same words", () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
    expect(english.size).toBeGreaterThan(150);
  });

  it("leave nothing empty that the other says", () => {
    for (const [path, value] of english) expect(german.get(path) === "", path).toBe(value === "");
  });

  it("leave no sentence of ours in English", () => {
    const sentence = (value: unknown): value is string =>
      typeof value === "string" && value.split(" ").length > 3;
    const same = [...english].filter(([path, value]) => sentence(value) && german.get(path) === value);
    expect(same).toEqual([]);
  });
});

describe("the language to begin with", () => {
  it.each([
    [["de-AT", "en"], null, "de"],
    [["fr-FR", "de"], null, "de"],
    [["fr-FR"], null, "en"],
    [[], null, "en"],
    [["de"], "en", "en"],
    [["en-GB"], "de", "de"],
    [["de"], "constructor", "de"],
    [["__proto__", "DE-de"], null, "de"],
  ] as const)("of %j, with %j chosen, is %s", (wanted, chosen, locale) => {
    expect(startLocale(wanted, chosen)).toBe(locale);
  });
});

describe("a time in words", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  const english = formatOf("en");

  it.each([
    ["2026-11-22T12:00:00Z", "this minute"],
    ["2026-11-22T12:00:20Z", "this minute"],
    ["2026-11-22T11:55:00Z", "5 minutes ago"],
    ["2026-11-22T09:00:00Z", "3 hours ago"],
    ["2026-11-21T11:00:00Z", "yesterday"],
    ["2026-11-24T13:00:00Z", "in 2 days"],
    ["nonsense", ""],
  ])("is of %s: %s", (iso, said) => {
    expect(english.ago(iso, now)).toBe(said);
  });

  it("is the date after a month", () => {
    expect(english.ago("2026-08-01T12:00:00Z", now)).toBe("1 August 2026");
    expect(formatOf("de").ago("2026-08-01T12:00:00Z", now)).toBe("1. August 2026");
  });
});
