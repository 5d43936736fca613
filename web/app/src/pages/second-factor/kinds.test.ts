import { expect, test } from "vitest";
import { aboutOf, kindsOf } from "./kinds";

test.each([
  [["totp"], true, { passkey: false, kinds: ["app"] }],
  [["totp", "recovery_codes"], true, { passkey: false, kinds: ["app", "recovery"] }],
  [["webauthn", "recovery_codes"], true, { passkey: true, kinds: ["recovery"] }],
  [["webauthn"], true, { passkey: true, kinds: [] }],
  [["webauthn"], false, { passkey: false, kinds: ["app", "recovery"] }],
  [["something new"], true, { passkey: false, kinds: ["app", "recovery"] }],
  [undefined, true, { passkey: true, kinds: ["app", "recovery"] }],
] as const)("of %j, with passkeys in this browser: %j, can be shown %j", (methods, canUse, shown) => {
  expect(kindsOf(methods, canUse)).toEqual(shown);
});

test("there is always something to do", () => {
  for (const methods of [[], ["x"], ["webauthn"], undefined])
    for (const canUse of [true, false]) {
      const { passkey, kinds } = kindsOf(methods, canUse);
      expect(passkey || kinds.length > 0).toBe(true);
    }
});

test("the words speak of what is there", () => {
  expect(aboutOf(true, "app")).toBe("aboutBoth");
  expect(aboutOf(true, null)).toBe("aboutPasskey");
  expect(aboutOf(false, "app")).toBe("aboutCode");
  expect(aboutOf(false, "recovery")).toBe("aboutRecovery");
});
