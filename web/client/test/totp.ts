/** An app that shows codes (RFC 6238), on a server whose clock tests move. */
import { createHmac } from "node:crypto";
import { served } from "./browser.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code of this moment, by the server's clock; some steps of half a minute later where told. */
export async function codeOf(secret: string, later = 0): Promise<string> {
  const step = Math.floor((await serverNow()) / 30) + later;
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", bytesOf(secret)).update(counter).digest();
  const at = (digest[19] ?? 0) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Base32 (RFC 4648 section 6). */
function bytesOf(secret: string): Buffer {
  const bits = [...secret.replace(/=+$/, "")].map((sign) =>
    ALPHABET.indexOf(sign).toString(2).padStart(5, "0"),
  );
  return Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** Unix seconds. */
async function serverNow(): Promise<number> {
  const answer = await fetch(`${served.base}/dev/clock/`);
  const { now } = (await answer.json()) as { now: string };
  return Date.parse(now) / 1000;
}
