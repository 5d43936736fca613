import type { User } from "@keyturn/client";
import { expect, test } from "vitest";
import { changesOf, displayName, plainLabel, profileFields } from "./fields";

const user: User = {
  id: 7,
  username: "jo",
  email: "jo@example.com",
  email_verified: true,
  date_joined: "2026-11-22T08:00:00Z",
  has_usable_password: true,
  needs: [],
  first_name: "Jo",
  phone_number: null,
  is_member: true,
};

test("whatever the project lets its users change as text is a field, and nothing else", () => {
  expect(profileFields(user)).toEqual([
    { name: "first_name", value: "Jo" },
    { name: "phone_number", value: "" },
  ]);
});

test("only what was changed is sent, without the blanks around it", () => {
  const fields = profileFields(user);
  expect(changesOf(fields, { first_name: " Jo ", phone_number: " 42 " })).toEqual({ phone_number: "42" });
  expect(changesOf(fields, { first_name: "", other: "x" })).toEqual({ first_name: "" });
});

test("a field that nobody has words for is called after its name", () => {
  expect(plainLabel("phone_number")).toBe("Phone number");
});

test("somebody without a name is called by the user name", () => {
  expect(displayName({ ...user, first_name: "", last_name: "" })).toBe("jo");
  expect(displayName({ ...user, first_name: "Jo", last_name: "Ba" })).toBe("Jo Ba");
  expect(displayName({ ...user, first_name: 4, last_name: null })).toBe("jo");
});
