/** What the buttons do. Each is what really happens: a real client, real requests, a server that really forgets a reply. */
import type { Session } from "@keyturn/client";
import { type Rules, server } from "./server";
import type { Browser, Protection } from "./stage";
import { tenTabs } from "./tabs";

/** What the deeds work with. */
export interface Bench {
  readonly browser: Browser;
  readonly protection: Protection;
  readonly rules: Rules;
  readonly demo: { readonly username: string; readonly password: string } | null;
  session(): Session;
  /** Sign in as the demo user, with a session that is bound in this way. */
  signIn(protection: Protection): Promise<Bench>;
  /** Tell the picture what only the page knows. */
  add(kind: "offline" | "online"): Promise<void>;
}

/** Longer than a process may take to learn that a session has ended, milliseconds. */
const NEWS = 700;
const TABS = 10;
const EIGHT_HOURS = 8 * 3_600;

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** Call the API as an app does; a failure is the client's to survive. */
async function call({ browser }: Bench): Promise<void> {
  await browser.client.fetch("/home/").catch(() => {});
}

/** The access token runs out, and the app goes on. */
export async function goOn(bench: Bench): Promise<void> {
  await server.advance(bench.rules.access + 1);
  await call(bench);
}

export async function loseReply(bench: Bench): Promise<void> {
  await server.order("drop");
  await goOn(bench);
}

export async function overload(bench: Bench): Promise<void> {
  await server.order("unavailable");
  await goOn(bench);
}

export async function openTenTabs(bench: Bench): Promise<void> {
  await tenTabs(TABS, bench.protection, bench.browser.store);
}

/** The reply is lost in the very moment in which the lid closes. */
export async function sleep(bench: Bench): Promise<void> {
  const { network } = bench.browser;
  await server.order("drop");
  network.cutAfterRefresh = true;
  await server.advance(bench.rules.access + 1);
  const going = call(bench);
  const until = performance.now() + 6_000;
  while (!network.cut && performance.now() < until) await pause(50);
  network.cutAfterRefresh = false;
  await setNetwork(bench, false);
  await pause(300);
  await server.advance(EIGHT_HOURS);
  await pause(500);
  await setNetwork(bench, true);
  await going;
  await call(bench);
}

/** Cut the network of the lab's browser, or mend it. */
export async function setNetwork(bench: Bench, there: boolean): Promise<void> {
  bench.browser.network.cut = !there;
  await bench.add(there ? "online" : "offline");
  // What a browser tells a page when its network comes or goes (HTML, "Browser state").
  dispatchEvent(new Event(there ? "online" : "offline"));
}

export async function rotateKeys(bench: Bench): Promise<void> {
  await server.rotateKeys();
  await call(bench);
}

export async function steal(bench: Bench): Promise<void> {
  await server.steal(bench.browser.store?.copy());
}

/** The thief goes on, and then the owner's page asks for something, as pages do all the time. */
export async function replayCopy(bench: Bench): Promise<void> {
  const { accepted } = await server.replay();
  if (accepted) return;
  await pause(NEWS);
  await call(bench);
}

/** The same user, on a telephone: signs in there, and ends this session from the list of sessions. */
export async function endFromElsewhere(bench: Bench): Promise<void> {
  const session = bench.session();
  if (!bench.demo || session.status !== "signed-in") return;
  const ask = async (method: string, path: string, access: string | null, body?: object): Promise<Response> =>
    fetch(path, {
      method,
      credentials: "omit",
      headers: {
        "X-Keyturn-Client": "bearer",
        "X-Keyturn-Lab": "phone",
        ...(access !== null && { Authorization: `Bearer ${access}` }),
        ...(body && { "Content-Type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  const phone = (await (await ask("POST", "/token/", null, bench.demo)).json()) as Record<
    "access" | "refresh",
    string
  >;
  const ended = await ask("DELETE", `/sessions/${session.id}/`, phone.access);
  await ask("POST", "/token/blacklist/", null, { refresh: phone.refresh });
  if (!ended.ok) throw new Error("The telephone is the demo user’s; sign in as that user first.");
  await pause(NEWS);
  await call(bench);
}

export async function jump(bench: Bench, seconds: number): Promise<void> {
  await server.advance(seconds);
  await call(bench);
}
