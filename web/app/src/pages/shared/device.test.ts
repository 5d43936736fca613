import { expect, test } from "vitest";
import { deviceOf } from "./device";

test.each([
  ["Firefox on Windows", "computer", "Firefox", "Windows"],
  ["Safari on macOS", "computer", "Safari", "macOS"],
  ["Chrome on ChromeOS", "computer", "Chrome", "ChromeOS"],
  ["Safari on iOS", "phone", "Safari", "iOS"],
  ["Chrome on Android", "phone", "Chrome", "Android"],
  ["Chrome on iPad", "tablet", "Chrome", "iPad"],
  ["curl", "program", "curl", ""],
  ["Python Requests on Linux", "program", "Python Requests", "Linux"],
  ["Frobnicator", "unknown", "Frobnicator", ""],
])("%s is a %s", (words, kind, browser, system) => {
  expect(deviceOf(words)).toEqual({ kind, browser, system });
});

test.each(["", "   ", "Unknown client"])("nothing is known of %j", (words) => {
  expect(deviceOf(words)).toEqual({ kind: "unknown", browser: "", system: "" });
});

test("a hostile text stays text, and short", () => {
  const hostile = `<img src=x onerror=alert(1)>${"x".repeat(500)} on constructor`;
  const { kind, browser, system } = deviceOf(hostile);
  expect(kind).toBe("unknown");
  expect(browser).toHaveLength(60);
  expect(system).toBe("constructor");
});

test("a name that is a property of every object is not taken for a known one", () => {
  expect(deviceOf("toString on __proto__")).toEqual({
    kind: "unknown",
    browser: "toString",
    system: "__proto__",
  });
});
