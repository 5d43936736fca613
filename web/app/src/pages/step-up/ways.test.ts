import { expect, test } from "vitest";
import { waysOf } from "./ways";

test.each([
  [["password"], true, ["password"]],
  [["recovery_codes", "totp", "webauthn"], true, ["webauthn", "totp", "recovery_codes"]],
  [["recovery_codes", "webauthn"], false, ["recovery_codes"]],
  [["mail_code"], true, ["mail_code"]],
  [["something new", "constructor"], true, []],
  [[], true, []],
] as const)("of %j, with passkeys: %j, one is asked for %j", (methods, passkeys, ways) => {
  expect(waysOf(methods, passkeys)).toEqual(ways);
});
