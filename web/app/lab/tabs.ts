/** Real tabs, as frames: each with a JavaScript world, a client and requests of its own. */
import { createClient } from "@keyturn/client";
import { fetchAs, type MemoryStore, type Protection } from "./stage";

const PATIENCE = 15_000;
/** Milliseconds that a tab waits for the others before it sends its request. */
const IN_STEP = 3_000;
const WAITING = "keyturn-lab-tab";
const AT_THE_DOOR = "keyturn-lab-door";
const GO = "keyturn-lab-go";

/** What a frame is told; nothing of it is a token. */
interface Order {
  readonly kind: typeof WAITING;
  readonly tab: string;
  readonly protection: Protection;
}

declare global {
  interface Window {
    /** Where the lab's frames find what tabs of an app without cookies share. */
    keyturnLabStore?: MemoryStore | null;
  }
}

/**
 * Open tabs that cannot talk to each other (no Web Locks, no BroadcastChannel) and let all of them start at one instant.
 *
 * @returns once each of them knows whether somebody is signed in; how many do.
 */
export async function tenTabs(
  count: number,
  protection: Protection,
  store: MemoryStore | null,
): Promise<number> {
  window.keyturnLabStore = store;
  const frames = Array.from({ length: count }, (_, index) => opened(`tab ${index + 1}`, protection));
  const leave = keepInStep(frames.map(({ element }) => element));
  try {
    const ready = await Promise.all(frames.map((frame) => frame.waiting));
    const done = frames.map((frame) => frame.done);
    for (const start of ready) start();
    const signedIn = await Promise.all(done);
    return signedIn.filter(Boolean).length;
  } finally {
    leave();
    for (const { element } of frames) element.remove();
  }
}

/** Let the tabs' requests go when every tab has one to send, or is done: so that they are sent at one instant. */
function keepInStep(elements: readonly HTMLIFrameElement[]): () => void {
  const waiting = new Set<MessageEventSource>();
  const done = new Set<MessageEventSource>();
  const listener = (event: MessageEvent): void => {
    const { source } = event;
    if (!source || !elements.some((element) => element.contentWindow === source)) return;
    if (event.data?.kind === AT_THE_DOOR) waiting.add(source);
    if (event.data?.kind === "done") done.add(source);
    if (waiting.size + done.size < elements.length) return;
    for (const tab of waiting) (tab as Window).postMessage({ kind: GO }, location.origin);
    waiting.clear();
  };
  addEventListener("message", listener);
  return () => removeEventListener("message", listener);
}

function opened(tab: string, protection: Protection) {
  const element = document.createElement("iframe");
  element.hidden = true;
  element.title = tab;
  const heard = (wanted: string) =>
    new Promise<MessageEvent>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("a tab did not answer")), PATIENCE);
      const listener = (event: MessageEvent) => {
        if (event.source !== element.contentWindow || event.data?.kind !== wanted) return;
        clearTimeout(timer);
        removeEventListener("message", listener);
        resolve(event);
      };
      addEventListener("message", listener);
    });
  const waiting = heard("waiting").then(() => () => {
    const order: Order = { kind: WAITING, tab, protection };
    element.contentWindow?.postMessage(order, location.origin);
  });
  const done = heard("done").then((event) => event.data.signedIn === true);
  // A failure is told by `waiting` already.
  done.catch(() => {});
  element.src = `${location.pathname}?tab`;
  document.body.append(element);
  return { element, waiting, done };
}

/** Wait at the door until all other tabs are there. */
function inStep(send: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input), location.href);
    if (url.pathname === "/token/refresh/")
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, IN_STEP);
        const listener = (event: MessageEvent): void => {
          if (event.source !== parent || event.data?.kind !== GO) return;
          clearTimeout(timer);
          removeEventListener("message", listener);
          resolve();
        };
        addEventListener("message", listener);
        parent.postMessage({ kind: AT_THE_DOOR }, location.origin);
      });
    return send(input, init);
  };
}

/** Play the tab: what a frame of the lab does instead of showing the lab. */
export function playTab(): void {
  Object.defineProperty(navigator, "locks", { value: undefined });
  Object.defineProperty(globalThis, "BroadcastChannel", { value: undefined });
  addEventListener("message", async (event: MessageEvent<Order>) => {
    if (event.source !== parent || event.origin !== location.origin || event.data?.kind !== WAITING) return;
    const { tab, protection } = event.data;
    const store = protection === "none" ? (parent.keyturnLabStore ?? null) : null;
    const client = createClient({
      baseUrl: "",
      fetch: inStep(fetchAs(tab, { cut: false, cutAfterRefresh: false })),
      dpop: protection === "dpop" ? "auto" : "off",
      ...(store ? { mode: "bearer", storage: store } : { mode: "web" }),
    });
    const session = await client.ready();
    client.close();
    parent.postMessage({ kind: "done", signedIn: session.status === "signed-in" }, location.origin);
  });
  parent.postMessage({ kind: "waiting" }, location.origin);
}
