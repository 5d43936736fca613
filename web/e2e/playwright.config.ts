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
  timeout: 240_000,
  expect: { timeout: 10_000 },
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
