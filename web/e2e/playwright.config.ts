import { defineConfig } from "@playwright/test";

const inCi = process.env["CI"] === "true";

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  fullyParallel: true,
  // One more than the cores of CI: the two of ten minutes come first, and mostly wait.
  workers: 3,
  forbidOnly: inCi,
  retries: 0,
  // Those of ten minutes take two at least; a busy machine takes as long for a tour of all screens.
  timeout: 480_000,
  // The client tries for ten seconds before it tells that something cannot be had.
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    // Debian's; PLAYWRIGHT_CHROMIUM names another. Playwright's own browsers are not downloaded.
    launchOptions: {
      executablePath: process.env["PLAYWRIGHT_CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
    locale: "en-GB",
    trace: "off",
    screenshot: "off",
  },
});
