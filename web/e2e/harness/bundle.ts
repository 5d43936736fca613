/** Scripts of a test's own pages, bundled with the client from its sources. */

import { resolve } from "node:path";
import { build, type Rollup } from "vite";

const HERE = resolve(import.meta.dirname, "..");
const CLIENT = resolve(HERE, "../client/src");
const made = new Map<string, Promise<ReadonlyMap<string, string>>>();

/** Bundle `page/<name>.ts`; once a process. Returns ES modules by file name, `<name>.js` and what it loads. */
export function bundle(name: string): Promise<ReadonlyMap<string, string>> {
  const known = made.get(name) ?? make(name);
  made.set(name, known);
  return known;
}

async function make(name: string): Promise<ReadonlyMap<string, string>> {
  const result = (await build({
    configFile: false,
    root: HERE,
    logLevel: "error",
    resolve: {
      alias: [
        { find: /^@keyturn\/client$/, replacement: resolve(CLIENT, "index.ts") },
        { find: /^@keyturn\/client\/(.*)$/, replacement: resolve(CLIENT, "$1.ts") },
      ],
    },
    build: {
      write: false,
      target: "es2022",
      minify: false,
      lib: { entry: resolve(HERE, `page/${name}.ts`), formats: ["es"], fileName: name },
    },
  })) as Rollup.RollupOutput[];
  return new Map(
    result.flatMap(({ output }) =>
      output.flatMap((part) => (part.type === "chunk" ? [[part.fileName, part.code]] : [])),
    ),
  );
}
