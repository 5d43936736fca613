import { expect, test } from "vitest";
import trail from "../../../../../src/keyturn/trail/events.py?raw";
import { meaningOf } from "./meaning";

/** Never the reader's: they are about the server's keys, or the account is gone. */
const NOT_SHOWN = new Set(["account_deleted", "signing_key_rotated", "signing_key_revoked"]);

const words = [...trail.matchAll(/^ {4}[A-Z_]+ = "([a-z_]+)"/gm)].map((found) => found[1] ?? "");

test("the server has words for what happens", () => {
  expect(words.length).toBeGreaterThan(20);
});

test.each(words.filter((word) => !NOT_SHOWN.has(word)))("%s has a picture of its own", (word) => {
  expect(meaningOf(word).icon).not.toBe("activity");
});

test.each(["something_new", "", "constructor", "__proto__"])(
  "%j, which nobody knows, is a plain fact",
  (word) => {
    expect(meaningOf(word)).toEqual({ tone: "plain", icon: "activity" });
  },
);
