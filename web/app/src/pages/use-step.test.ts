import { expect, it } from "vitest";
import { looksLikeAddress } from "./address";
import { flowStateOf } from "./use-step";

it("takes from the history's state what has our form, and nothing else", () => {
  expect(flowStateOf({ email: "jo@example.com", done: "verified", next: "https://evil.example" })).toEqual({
    email: "jo@example.com",
    done: "verified",
  });
  const ways = { methods: ["totp", "webauthn"], typed: "jo", done: "linked" };
  expect(flowStateOf(ways)).toEqual(ways);
  expect(flowStateOf({ methods: ["totp", 7], typed: [] })).toEqual({});
  for (const state of [null, undefined, "x", 7, { email: { toString: "x" }, done: "constructor" }])
    expect(flowStateOf(state)).toEqual({});
});

it("takes for an address what may be one", () => {
  for (const text of ["jo@example.com", " jo@example.com ", "jo@localhost"])
    expect(looksLikeAddress(text)).toBe(true);
  for (const text of ["", "jo", "@", "jo@", "@example.com", "jo @example.com", "jo@a@b"])
    expect(looksLikeAddress(text)).toBe(false);
});
