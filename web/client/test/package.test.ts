/** The package as somebody gets it who has never seen this repository. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { served } from "./browser.js";
import { blocks, LEFT_TO_THE_READER, SECURE_STORE } from "./package/blocks.js";
import { type Folder, installed, PACKAGE, type Resolution } from "./package/folder.js";

/** Uses each entry in TypeScript; what is marked must be an error, or the types say nothing. */
const USES = `
import { createClient, KeyturnError, type Session, type Step } from "@keyturn/client";
import { activity, type ActivityPage } from "@keyturn/client/account";
import type { components } from "@keyturn/client/api";
import { factors, type Factor, onStepUp, PasskeyError, signInWithPasskey } from "@keyturn/client/factors";
import { KeyturnProvider, useUser } from "@keyturn/client/react";

const keyturn = createClient({ baseUrl: "https://auth.example.com", mode: "bearer" });
// @ts-expect-error no such mode
createClient({ baseUrl: "", mode: "cookie" });
// @ts-expect-error a password alone is nobody's
keyturn.signIn({ password: "x" });
export const page: Promise<ActivityPage> = activity(keyturn, { limit: 10 });
export const step: Promise<Step> = keyturn.signIn({ username: "jo", password: "x" });
export const left = (factor: Factor): number | undefined =>
  // @ts-expect-error an app has no codes that are used up
  factor.type === "totp" ? factor.unused_code_count : factor.type === "webauthn" ? factor.id : undefined;
export const own: Promise<readonly Factor[]> = factors(keyturn);
export const end: () => void = onStepUp(keyturn, async ({ methods }) => methods.includes("webauthn"));
export const passkey = signInWithPasskey(keyturn, { autofill: true }).catch((error: unknown) =>
  error instanceof PasskeyError ? error.reason : "",
);
export const me = keyturn.call<components["schemas"]["KeyturnMe"]>("GET", "/me/");
export async function names(): Promise<string> {
  const { username } = await me;
  // @ts-expect-error the API has no such field
  return username + (await me).shoe_size;
}
export function nameOf(session: Session): string | undefined {
  // @ts-expect-error nobody knows yet whether there is a user
  session.user;
  return session.status === "signed-in" ? session.user?.username : undefined;
}
export const isBusy = (error: unknown) => error instanceof KeyturnError && error.code === "unavailable";
// @ts-expect-error no such code
export const isNonsense = (error: KeyturnError) => error.code === "nonsense";
export const Name = () => <KeyturnProvider client={keyturn}>{useUser()?.username}</KeyturnProvider>;
`;

/** A program of Node's. Prints what it saw, as JSON. */
const PROGRAM = `
import { createClient, KeyturnError, type Session } from "@keyturn/client";
import { activity } from "@keyturn/client/account";

declare const process: { readonly argv: readonly string[] };
const [baseUrl = "", username = "", password = ""] = process.argv.slice(2);
const keyturn = createClient({ baseUrl });
const heard: Session["status"][] = [];
keyturn.onChange((session) => heard.push(session.status));
const wrong = await keyturn.signIn({ username, password: "wrong" }).catch((error: unknown) => error);
const { step } = await keyturn.signIn({ username, password });
const home = await keyturn.fetch("/home/");
const { results } = await activity(keyturn);
const here = (await keyturn.sessions.list()).filter((session) => session.current);
const session = keyturn.getSession();
await keyturn.signOut();
const out = await keyturn.call("GET", "/me/").catch((error: unknown) => error);
console.log(
  JSON.stringify({
    wrong: wrong instanceof KeyturnError && wrong.reason,
    step,
    home: home.status,
    newest: results[0]?.event,
    here: here.map(({ user_agent }) => user_agent),
    binding: session.status === "signed-in" && session.binding,
    heard: [...new Set(heard)],
    after: keyturn.getSession(),
    out: out instanceof KeyturnError && out.status,
  }),
);
keyturn.close();
`;

let folder: Folder;
/** Where each block of the documentation stands, by the file that it was written to. */
const places = new Map<string, string>();
/** What the compiler complains of, by how it finds packages. */
const complaints: Record<Resolution, readonly string[]> = { NodeNext: [], Bundler: [] };

beforeAll(async () => {
  folder = await installed();
  await folder.write("uses.tsx", USES);
  await folder.write("program.ts", PROGRAM);
  for (const [at, { place, language, text }] of (await blocks()).entries()) {
    const name = `block-${at}.${language}`;
    places.set(name, place);
    await folder.write(name, `${text}\nexport {};\n`);
  }
  await folder.write("reader.d.ts", LEFT_TO_THE_READER);
  await folder.write("expo.d.ts", SECURE_STORE);
  // Twice in all: starting the compiler is what takes the time.
  complaints.NodeNext = await folder.compile(["uses.tsx", "program.ts"], "NodeNext");
  complaints.Bundler = await folder.compile(
    ["uses.tsx", "reader.d.ts", "expo.d.ts", ...places.keys()],
    "Bundler",
  );
}, 300_000);
afterAll(() => folder?.remove());

/** What it complains of in these files, or in the package. */
const about = (how: Resolution, files: RegExp) =>
  complaints[how].filter((line) => files.test(line) || !/^(uses|program|block|reader|expo)/.test(line));

describe("packed, and installed in an empty folder", () => {
  it("has every file that it names, its licence, and nothing that is only of use here", async () => {
    const named = Object.values(folder.manifest.exports).flatMap((entry) => [entry.types, entry.default]);
    expect(folder.files).toEqual(expect.arrayContaining(named.map((name) => name.slice(2))));
    expect(
      folder.files.filter((name) => !/^(dist\/.*\.(js|d\.ts)|README\.md|LICENSE|package\.json)$/.test(name)),
    ).toEqual([]);
    const licence = await readFile(join(folder.path, "node_modules/@keyturn/client/LICENSE"), "utf8");
    expect(licence).toBe(await readFile(join(PACKAGE, "../../LICENSE"), "utf8"));
  });

  it.each(["NodeNext", "Bundler"] as const)("has types in TypeScript's strict mode, found by %s", (how) => {
    expect(about(how, /^uses/)).toEqual([]);
  });

  it("signs in, calls and signs out in Node, against a real server", async () => {
    expect(about("NodeNext", /^program/)).toEqual([]);
    const told = await folder.node("made/program.js", served.base, served.username, served.password);
    expect(JSON.parse(told)).toEqual({
      wrong: "bad_credentials",
      step: "signed-in",
      home: 200,
      newest: "login",
      here: ["node"],
      binding: "none",
      heard: ["signed-out", "signed-in"],
      after: { status: "signed-out", reason: "signed_out" },
      out: 401,
    });
  }, 60_000);
});

it("every block of TypeScript in the documentation compiles against it", () => {
  expect(places.size).toBeGreaterThan(8);
  const told = about("Bundler", /^(block|reader|expo)/);
  expect(told.map((line) => line.replace(/^block-\d+\.tsx?/, (name) => places.get(name) ?? name))).toEqual(
    [],
  );
});
