import { KeyturnError } from "@keyturn/client";
import { expect, test } from "vitest";
import { inFours, pictureOf } from "./app-set-up";
import { ofCode } from "./of-code";

test.each(["wrong_code", "incorrect_code"] as const)("%s is said at the input of the code", (reason) => {
  const told = ofCode(new KeyturnError("Wrong.", { status: 400, code: "invalid", reason }), "typed");
  expect(told).toMatchObject({ reason: "wrong_code", fields: { typed: ["Wrong."] }, status: 400 });
});

test("what is no word about a code is left as it is", () => {
  for (const error of [
    new Error("x"),
    null,
    new KeyturnError("Later.", { status: 429, code: "too_many_attempts", retryAfter: 7 }),
  ])
    expect(ofCode(error, "typed")).toBe(error);
});

test("a key is shown in groups of four", () => {
  expect(inFours("ABCDEFGHIJ")).toBe("ABCD EFGH IJ");
  expect(inFours("ABCD")).toBe("ABCD");
});

test("a picture is an address that can hold no other kind of thing", () => {
  expect(pictureOf('<svg onload="x()">#</svg>')).toBe(
    "data:image/svg+xml,%3Csvg%20onload%3D%22x()%22%3E%23%3C%2Fsvg%3E",
  );
  expect(pictureOf("data:image/svg+xml;base64,AA")).toBe("data:image/svg+xml;base64,AA");
});
