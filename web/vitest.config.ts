import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Unit tests: of the package, against a real Keyturn server that the suite starts; and of the app's pure functions. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "client",
          include: ["client/test/**/*.test.ts"],
          globalSetup: ["client/test/keyturn.ts"],
          // One server with one clock, which tests move.
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 90_000,
          restoreMocks: true,
          unstubGlobals: true,
        },
      },
      {
        extends: here("app/vite.config.ts"),
        test: { name: "app", include: ["src/**/*.test.{ts,tsx}", "lab/**/*.test.ts"], root: here("app") },
      },
    ],
  },
});
