/** A project of somebody else: an empty folder, elsewhere, into which the package is installed as npm packs it. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** How TypeScript finds a package: as Node does, or as bundlers do. */
export type Resolution = "NodeNext" | "Bundler";

export interface Folder {
  readonly path: string;
  /** The files of the package, as they were installed, by their paths in it. */
  readonly files: readonly string[];
  /** Its package.json. */
  readonly manifest: { readonly exports: Readonly<Record<string, { types: string; default: string }>> };
  write(name: string, text: string): Promise<void>;
  /**
   * Compile what was written, in TypeScript's strict mode and without leaving declarations out of the check.
   *
   * @returns what the compiler complains of, one by one; nothing where all is well.
   */
  compile(names: readonly string[], resolution: Resolution): Promise<readonly string[]>;
  /** Run a program with Node. @returns what it prints. */
  node(name: string, ...words: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Pack the package and install it. No registry is asked: it depends on nothing. */
export async function installed(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "keyturn-package-"));
  const quietly = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
  // Its `prepack` by hand: types from the document, then a clean build.
  for (const script of ["generate", "build"]) await run("npm", ["run", "--silent", script], { cwd: PACKAGE });
  await run("npm", ["pack", ...quietly, "--pack-destination", path], { cwd: PACKAGE });
  const [archive = ""] = await readdir(path);
  await writeFile(join(path, "package.json"), '{ "name": "elsewhere", "private": true, "type": "module" }');
  await run("npm", ["install", ...quietly, "--offline", `./${archive}`], { cwd: path });
  const inside = join(path, "node_modules/@keyturn/client");
  const found = await readdir(inside, { recursive: true, withFileTypes: true });

  return {
    path,
    files: found
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name).slice(inside.length + 1)),
    manifest: JSON.parse(await readFile(join(inside, "package.json"), "utf8")),
    async write(name, text) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    },
    async compile(names, resolution) {
      // Whoever uses the bindings has React, which is theirs to choose.
      await mkdir(join(path, "node_modules/@types"), { recursive: true });
      for (const name of ["react", "@types/react"])
        await symlink(join(MODULES, name), join(path, "node_modules", name)).catch(() => undefined);
      const compilerOptions = {
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        target: "ES2022",
        lib: ["ES2023", "DOM", "DOM.Iterable"],
        module: resolution === "Bundler" ? "ESNext" : "NodeNext",
        moduleResolution: resolution,
        jsx: "react-jsx",
        types: [],
        outDir: "made",
      };
      await writeFile(join(path, "tsconfig.json"), JSON.stringify({ compilerOptions, files: names }));
      const tsc = join(MODULES, "typescript/bin/tsc");
      const told = await run("node", [tsc, "-p", path], { cwd: path }).catch(
        (error: { stdout?: string }) => error,
      );
      return (told.stdout ?? String(told)).split(/\n(?! )/).filter((line) => line.trim() !== "");
    },
    async node(name, ...words) {
      return (await run("node", [join(path, name), ...words], { cwd: path, timeout: 30_000 })).stdout;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
