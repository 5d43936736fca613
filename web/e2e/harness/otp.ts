/** An authenticator app: codes of a secret (RFC 6238), each of them shown once. */

import { createHmac } from "node:crypto";

/** Seconds. */
const PERIOD = 30;
/** Seconds that a code must still be good for when it is shown: a busy machine takes some of them to type and send it. */
const MARGIN = 15;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code of a step (RFC 4226 section 5.3). */
export function codeAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", bytesOf(secret)).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0x0f;
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, "0");
}

function bytesOf(secret: string): Buffer {
  const bits = Array.from(secret.replace(/\s/g, ""), (sign) =>
    ALPHABET.indexOf(sign).toString(2).padStart(5, "0"),
  ).join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

export interface OtpApp {
  /** A code that the server takes now and has not seen before; waits where there is none yet. */
  next(): Promise<string>;
  /** The code that it has taken last. */
  readonly last: () => string;
}

/**
 * A server takes the codes of the step before, of this one and of the next (RFC 6238 section 5.2), each once and none that
 * is older than the last. So three can be shown in a row.
 */
export function openOtpApp(secret: string): OtpApp {
  let last = 0;
  return {
    async next() {
      for (;;) {
        const seconds = Date.now() / 1000;
        const present = Math.floor(seconds / PERIOD);
        const left = PERIOD - (seconds % PERIOD);
        const step = Math.max(left > MARGIN ? present - 1 : present, last + 1);
        if (step <= present + 1) {
          last = step;
          return codeAt(secret, step);
        }
        await new Promise((later) => setTimeout(later, 250));
      }
    },
    last: () => codeAt(secret, last),
  };
}
