import { expect, test } from "vitest";
import { fileNamed } from "./save";

test.each([
  ["jo", "jo-2026-11-22.json"],
  ["jo@example.com", "jo-example-com-2026-11-22.json"],
  ["../../etc/passwd", "etc-passwd-2026-11-22.json"],
  ["jörg", "jörg-2026-11-22.json"],
  ["report\u202etxt.exe", "report-txt-exe-2026-11-22.json"],
  ["...", "account-2026-11-22.json"],
  ["", "account-2026-11-22.json"],
])("the file of %j is %s", (name, file) => {
  expect(fileNamed(name, "2026-11-22")).toBe(file);
});

test("a very long name gives a file with a name of ordinary length", () => {
  expect(fileNamed("x".repeat(500), "2026-11-22")).toHaveLength(76);
});
