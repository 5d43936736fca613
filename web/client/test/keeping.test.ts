import { beforeEach, expect, test, vi } from "vitest";
import { browser, demo, events, eventually, pass, storage, when } from "./browser.js";

let fire: ReturnType<typeof events>;

beforeEach(() => {
  storage();
  fire = events();
});

/** A page with somebody signed in whose requests have all been answered. */
async function page() {
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await when(client, (session) => session.status === "signed-in" && session.user !== null);
  here.sent.length = 0;
  return { here, client };
}

/** Long enough for a request to have been sent, if one were. */
const moment = () => new Promise((resolve) => setTimeout(resolve, 300));

test("a page refreshes by itself when 97 % of the token's life are over", async () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  const { here } = await page();
  // The last look at the clock that was planned: a minute ahead, since timers stand still while the device sleeps.
  const [look] = timers.mock.calls.filter(([, milliseconds]) => milliseconds === 60_000).at(-1) ?? [];
  await pass(292);
  (look as () => void)();
  await eventually(() => here.sent.length > 0);
  expect(here.sent).toEqual(["POST /token/refresh/"]);
});

test("before 93 % of it nothing is refreshed", async () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  const { here } = await page();
  const [look] = timers.mock.calls.filter(([, milliseconds]) => milliseconds === 60_000).at(-1) ?? [];
  await pass(277);
  (look as () => void)();
  fire("visibilitychange");
  fire("online");
  await moment();
  expect(here.sent).toEqual([]);
});

test.each(["visibilitychange", "pageshow", "online"] as const)(
  "a page that wakes up (%s) refreshes at once",
  async (name) => {
    const { here, client } = await page();
    await pass(3600);
    fire(name);
    await eventually(() => here.sent.length > 0);
    expect((await client.fetch("/home/")).status).toBe(200);
    expect(here.sent).toEqual(["POST /token/refresh/", "GET /home/"]);
  },
);

test("a hidden page that asks for nothing refreshes nothing, and one that does is answered", async () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  const { here, client } = await page();
  const [look] = timers.mock.calls.filter(([, milliseconds]) => milliseconds === 60_000).at(-1) ?? [];
  // One refresh that a request asked for; nothing is asked for with the token that came.
  await pass(400);
  await client.fetch("/home/");
  here.sent.length = 0;
  vi.stubGlobal("document", { visibilityState: "hidden" });
  await pass(400);
  fire("visibilitychange");
  (look as () => void)();
  await moment();
  expect(here.sent).toEqual([]);
  expect((await client.fetch("/home/")).status).toBe(200);
});

test("a network that the browser says is gone is shown, and nobody is signed out", async () => {
  const { here, client } = await page();
  fire("offline");
  expect(client.getSession()).toMatchObject({ status: "signed-in", online: false });
  fire("online");
  await when(client, (session) => session.status === "signed-in" && session.online);
  expect(here.sent).toEqual(["GET /me/"]);
});

test("a client that was closed does nothing any more", async () => {
  const { here, client } = await page();
  client.close();
  await pass(400);
  fire("visibilitychange");
  fire("online");
  await moment();
  expect(here.sent).toEqual([]);
});
