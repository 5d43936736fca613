/** The codes of RFC 6238, appendix B, for the secret of its SHA-1 column; the last six digits of each. */

import { expect, test } from "@playwright/test";
import { codeAt } from "./otp.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

for (const [time, code] of [
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
  [20_000_000_000, "353130"],
] as const)
  test(`the code of second ${time} is the standard's`, () => {
    expect(codeAt(SECRET, Math.floor(time / 30))).toBe(code);
  });
