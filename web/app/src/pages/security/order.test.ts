import type { SessionInfo } from "@keyturn/client";
import { expect, test } from "vitest";
import { inOrder } from "./order";

const session = (id: string, used: string, current = false): SessionInfo => ({
  id,
  current,
  created_at: "2026-11-01T08:00:00Z",
  last_used_at: used,
  expires_at: "2026-12-01T08:00:00Z",
  ip: null,
  user_agent: "",
  label: "",
});

test("this device comes first, then what was used last", () => {
  const before = [
    session("old", "2026-11-02T08:00:00Z"),
    session("new", "2026-11-20T08:00:00Z"),
    session("mine", "2026-11-19T08:00:00Z", true),
  ];
  expect(inOrder(before).map(({ id }) => id)).toEqual(["mine", "new", "old"]);
  expect(before[0]?.id).toBe("old");
});
