import { expect, test } from "vitest";
import { byDay } from "./days";

const NOW = new Date(2026, 4, 17, 12, 0, 0);
const at = (day: number, hour: number) => ({ at: new Date(2026, 4, day, hour).toISOString() });

test("events of one day stand under one heading, in the order they came", () => {
  const days = byDay([at(17, 11), at(17, 9), at(16, 22), at(3, 8)], NOW, "en");
  expect(days.map((day) => [day.heading, day.events.length])).toEqual([
    ["Today", 2],
    ["Yesterday", 1],
    ["Sunday 3 May", 1],
  ]);
  expect(days[0]?.events).toEqual([at(17, 11), at(17, 9)]);
});

test("an event whose time cannot be read stays with the one before it", () => {
  expect(byDay([at(16, 9), { at: "soon" }, at(16, 8)], NOW, "en")).toHaveLength(1);
});

test("no events are no days", () => {
  expect(byDay([], NOW, "en")).toEqual([]);
});
