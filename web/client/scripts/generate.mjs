/**
 * Types of the whole API, from the OpenAPI document of the server: src/generated/openapi.json (python3 scripts/web.py
 * schema) becomes src/generated/api.ts, which the package offers as @keyturn/client/api. Neither is in git.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapi, { astToString } from "openapi-typescript";

const from = new URL("../src/generated/openapi.json", import.meta.url);
const to = new URL("../src/generated/api.ts", import.meta.url);

if (existsSync(from)) {
  const types = await openapi(JSON.parse(readFileSync(from, "utf8")), { immutable: true, alphabetize: true });
  writeFileSync(
    to,
    `/** Made from the server's OpenAPI document; not to be edited. */\n${astToString(types)}`,
  );
} else {
  console.error(`There is no ${fileURLToPath(from)}: run python3 scripts/web.py schema first.`);
  process.exitCode = 1;
}
