import { afterEach, expect, test, vi } from "vitest";
import { clockTime, dayHeading, dayKey, moment, sameDay } from "./moments";

const NOW = new Date(2026, 4, 17, 12, 0, 0);

afterEach(() => {
  vi.unstubAllEnvs();
});

test("headings are in the language that is asked for", () => {
  expect(dayHeading(NOW, NOW, "en")).toBe("Today");
  expect(dayHeading(NOW, NOW, "de")).toBe("Heute");
  expect(dayHeading(new Date(2026, 4, 3), NOW, "de")).toBe("Sonntag, 3. Mai");
});

test.each(["", null, undefined, "yesterday", "2026-13-40T00:00:00Z"])("%j is no time", (text) => {
  expect(moment(text)).toBeNull();
});

test("the day before is yesterday, also where the clocks were changed between", () => {
  vi.stubEnv("TZ", "Europe/Berlin");
  const afterSummerBegan = new Date(2026, 2, 29, 23, 30);
  const dayBefore = new Date(2026, 2, 28, 0, 30);
  expect(dayBefore.getTimezoneOffset()).not.toBe(afterSummerBegan.getTimezoneOffset());
  expect(dayHeading(dayBefore, afterSummerBegan, "en")).toBe("Yesterday");
});

test("a day of another year says which", () => {
  expect(dayHeading(new Date(2025, 4, 17), NOW, "en")).toContain("2025");
  expect(dayHeading(new Date(2026, 4, 1), NOW, "en")).not.toContain("2026");
});

test("a minute before and a minute after midnight are two days", () => {
  expect(sameDay(new Date(2026, 4, 16, 23, 59), new Date(2026, 4, 17, 0, 1))).toBe(false);
  expect(dayKey(new Date(2026, 4, 16, 23, 59))).toBe("2026-05-16");
});

test("times of day have 24 hours in both languages", () => {
  expect(clockTime(new Date(2026, 4, 17, 21, 5), "en")).toBe("21:05");
  expect(clockTime(new Date(2026, 4, 17, 21, 5), "de")).toBe("21:05");
});
