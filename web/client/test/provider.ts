/** A real OpenID provider, the one of the tests in the browser, and somebody who signs in at it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { served } from "./browser.js";

const PROGRAM = fileURLToPath(new URL("../../e2e/provider/server.mjs", import.meta.url));
const PATIENCE = 30_000;
const HOPS = 12;

/** Where an app has its browser led back to, as the server's settings name it. */
export const APP = "https://app.example.com/back";

/** The provider, running. */
export async function provider(): Promise<{ stop(): Promise<void> }> {
  const own = served.base.replace("127.0.0.1", "localhost");
  const callback = `${own}/auth/browser/v1/auth/provider/callback/oidc`;
  const child: ChildProcess = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, PORT: String(served.providerPort), REDIRECT_URIS: `${callback} ${APP}` },
    stdio: "ignore",
  });
  const answers = () =>
    fetch(`http://localhost:${served.providerPort}/jwks`).then(
      (answer) => answer.ok,
      () => false,
    );
  for (const began = Date.now(); !(await answers()); ) {
    if (child.exitCode !== null || Date.now() - began > PATIENCE) throw new Error("no provider started");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** What a server's answer leads to, with the cookies that go along. */
async function step(jar: Map<string, string>, address: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (jar.size) headers.set("Cookie", [...jar].map((pair) => pair.join("=")).join("; "));
  const response = await fetch(address, { ...init, headers, redirect: "manual" });
  for (const line of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    jar.set(name, value);
  }
  return response;
}

/** Sign in at the provider by this name, with a browser of one's own, until it leads back. @returns to where. */
export async function visit(location: string, name: string): Promise<string> {
  const jar = new Map<string, string>();
  let answer = await step(jar, location);
  let address = location;
  for (let hop = 0; hop < HOPS; hop++) {
    const next = answer.headers.get("Location");
    if (next) {
      if (next.startsWith(APP)) return next;
      address = new URL(next, address).href;
      if (new URL(address).port !== String(served.providerPort)) return address;
      answer = await step(jar, address);
      continue;
    }
    const page = await answer.text();
    const [, action = ""] = /<form[^>]* action="([^"]+)"/.exec(page) ?? [];
    const [, prompt = ""] = /name="prompt" value="(\w+)"/.exec(page) ?? [];
    if (!action) throw new Error(`the provider leads nowhere: ${answer.status} ${page.slice(0, 300)}`);
    const body = new URLSearchParams({ prompt, ...(prompt === "login" && { login: name, password: "any" }) });
    address = new URL(action, address).href;
    answer = await step(jar, address, { method: "POST", body });
  }
  throw new Error("the provider leads on and on");
}

/** Open an address of the server's in this browser, as the provider's redirect does. @returns where it leads on to. */
export async function opened(cookies: Map<string, string>, address: string): Promise<string> {
  const { pathname, search } = new URL(address);
  const answer = await step(cookies, served.base + pathname + search, {
    headers: { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" },
  });
  return answer.headers.get("Location") ?? `${answer.status} ${(await answer.text()).slice(0, 200)}`;
}
