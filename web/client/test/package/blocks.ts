/** The TypeScript of the documentation. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

export interface Block {
  /** Page and line, as "docs/how-to/client.md:17". */
  readonly place: string;
  readonly language: "ts" | "tsx";
  readonly text: string;
}

/** Every page that a reader may take code from. */
async function pages(): Promise<readonly string[]> {
  const docs = await readdir(join(ROOT, "docs"), { recursive: true });
  return [
    join(ROOT, "README.md"),
    join(ROOT, "web/client/README.md"),
    join(ROOT, "web/app/README.md"),
    ...docs
      .filter((name) => name.endsWith(".md"))
      .sort()
      .map((name) => join(ROOT, "docs", name)),
  ];
}

/** All blocks that say that they are TypeScript. */
export async function blocks(): Promise<readonly Block[]> {
  const found: Block[] = [];
  for (const path of await pages()) {
    const text = await readFile(path, "utf8");
    for (const match of text.matchAll(/^( *)```(tsx?|typescript)\n([\s\S]*?)^ *```$/gm)) {
      const line = text.slice(0, match.index).split("\n").length;
      found.push({
        place: `${relative(ROOT, path)}:${line}`,
        language: match[2] === "tsx" ? "tsx" : "ts",
        text: match[3] ?? "",
      });
    }
  }
  return found;
}

/** What the pages leave to the reader: the client that a block before has made, what was typed, parts of a page. */
export const LEFT_TO_THE_READER = `
import type * as client from "@keyturn/client";
declare global {
  const createClient: typeof client.createClient;
  const KeyturnError: typeof client.KeyturnError;
  const keyturn: client.KeyturnClient;
  const credentials: client.Credentials;
  const email: string, password: string, code: string, current: string, next: string;
  function say(sentence: string): void;
  function render(session: client.Session): void;
  function showNothing(): void;
  function showApp(user: client.User | null, online: boolean): void;
  function showSignIn(reason: client.SignOutReason | null): void;
  const root: { render(children: import("react").ReactNode): void };
  const App: import("react").ComponentType;
  const Spinner: import("react").ComponentType;
  const SignIn: import("react").ComponentType<{ reason: client.SignOutReason | null }>;
}
`;

/** As Expo declares it. */
export const SECURE_STORE = `
declare module "expo-secure-store" {
  export function getItemAsync(key: string): Promise<string | null>;
  export function setItemAsync(key: string, value: string): Promise<void>;
  export function deleteItemAsync(key: string): Promise<void>;
}
`;
