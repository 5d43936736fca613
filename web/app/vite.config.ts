/**
 * How the app is built, and how it is served while one works on it.
 *
 * Built, its files lie under `/static/web/` with the digest of their content in their names. In development Vite serves
 * the pages and hands every call of the API to a Keyturn server, `KEYTURN_URL` (http://localhost:8000 unless told), so
 * that the browser sees one origin, as it does in production.
 */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const server = process.env["KEYTURN_URL"] ?? "http://localhost:8000";

/** What the server answers itself: its API, its other pages, its static files. */
const ANSWERED_BY_SERVER =
  "^/(token|auth|logout|sessions|me|home|introspect|revoke|revocations|admin|schema|docs|dev|health|\\.well-known)/";

/** One page a run: what two pages share would be cut into small files for both, and the first page is to load quickly. */
const pages = { app: here("index.html"), lab: here("lab/index.html") };

/** In development: the configuration that the server would have written into the page. */
function configurationOfServer(): Plugin {
  const block = /<script type="application\/json" id="keyturn">(.*?)<\/script>/s;
  return {
    name: "keyturn-configuration",
    apply: "serve",
    async transformIndexHtml(html) {
      const found: unknown = await fetch(`${server}/dev/config/`)
        .then((answer) => answer.json())
        .catch(() => ({ development: true }));
      const text = JSON.stringify(found).replace(
        /[<>&]/g,
        (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`,
      );
      return html.replace(block, () => `<script type="application/json" id="keyturn">${text}</script>`);
    },
  };
}

export default defineConfig(({ command, mode }) => ({
  root: here("."),
  base: command === "build" ? "/static/web/" : "/",
  plugins: [react(), configurationOfServer()],
  resolve: {
    alias: [
      { find: "@keyturn/client/react", replacement: here("../client/src/react.tsx") },
      { find: "@keyturn/client/account", replacement: here("../client/src/account.ts") },
      { find: "@keyturn/client/factors", replacement: here("../client/src/factors.ts") },
      { find: "@keyturn/client", replacement: here("../client/src/index.ts") },
      // React has had this hook since version 18; the shim that wouter asks for is for older ones.
      ...(command === "build"
        ? [{ find: "use-sync-external-store/shim/index.js", replacement: here("src/react-store.ts") }]
        : []),
    ],
    dedupe: ["react", "react-dom"],
  },
  build: {
    assetsDir: "assets",
    // A policy without `data:` and without inline scripts lets nothing be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // `--mode lab` adds the lab to what is there.
    emptyOutDir: mode !== "lab",
    rolldownOptions: { input: mode === "lab" ? { lab: pages.lab } : { app: pages.app } },
  },
  server: {
    strictPort: true,
    proxy: {
      [ANSWERED_BY_SERVER]: { target: server, changeOrigin: false },
      "^/static/(?!web/)": { target: server, changeOrigin: false },
    },
  },
}));
