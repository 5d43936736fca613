/**
 * How large the package is in a page: each entry bundled and minified as Vite's users get it, gzipped. Prints a line an
 * entry and fails where one is over its budget.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

/** Everything that is in a file of another name. */
const allBut = (files) => (id, _importer, isResolved) => isResolved && !files.test(id);

/**
 * Bytes, gzipped. React itself is not counted, and neither is what the others share with the main entry. `dpop` is loaded
 * by the main one, after it, where a session can be bound to a key.
 */
const BUDGETS = [
  { entry: "index", most: 6000, external: [/dpop/] },
  { entry: "dpop", most: 1000, external: [] },
  { entry: "account", most: 1500, external: [/^\.\/(?!account|alone)/] },
  { entry: "factors", most: 4500, external: allBut(/\/src\/(factors|alone)/) },
  { entry: "react", most: 1000, external: [/^\.\/(?!react)/, /^react/] },
];

/** One entry as one minified file. */
async function bundled({ entry, external }) {
  const path = fileURLToPath(new URL(`../src/${entry}.ts`, import.meta.url)).replace(
    /react\.ts$/,
    "react.tsx",
  );
  const result = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: true,
      target: "es2022",
      // Not Vite's mode for libraries, which leaves spaces and line ends where they are; and without the loader that Vite
      // puts into every app once.
      ssr: true,
      rolldownOptions: { input: path, external, preserveEntrySignatures: "strict" },
    },
  });
  const [{ output }] = Array.isArray(result) ? result : [result];
  return output[0].code;
}

let over = false;
for (const budget of BUDGETS) {
  const code = await bundled(budget);
  const size = gzipSync(code, { level: 9 }).length;
  over ||= size > budget.most;
  console.log(
    `@keyturn/client ${budget.entry}: ${size} of ${budget.most} bytes gzipped (${code.length} minified)`,
  );
}
if (over) {
  console.error("The package is over its budget.");
  process.exitCode = 1;
}
