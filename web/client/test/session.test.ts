import { beforeEach, describe, expect, test } from "vitest";
import {
  browser,
  demo,
  devicePasses,
  locks,
  pass,
  served,
  serverPasses,
  signedIn,
  signedOut,
  storage,
  when,
} from "./browser.js";

for (const mode of ["web", "bearer"] as const) {
  describe(`in ${mode} mode`, () => {
    beforeEach(() => {
      storage();
      locks();
    });

    test("who signs in can call the API, is known, and has one session", async () => {
      const here = browser();
      const client = here.tab({ mode });
      expect(await client.ready()).toEqual({ status: "signed-out", reason: null });
      expect(await client.signIn(demo)).toEqual({ step: "signed-in" });
      expect((await client.fetch("/home/")).status).toBe(200);
      const session = await when(client, (now) => now.status === "signed-in" && now.user !== null);
      expect(session).toMatchObject({
        user: { username: "demo" },
        online: true,
        binding: mode === "web" ? "cookie" : "none",
      });
      const list = await client.sessions.list();
      expect(list.filter((one) => one.current).map((one) => one.id)).toEqual([
        session.status === "signed-in" && session.id,
      ]);
    });

    test("a wrong password is told, and changes nothing", async () => {
      const client = browser().tab({ mode });
      await expect(client.signIn({ ...demo, password: "wrong" })).rejects.toMatchObject({
        name: "KeyturnError",
        status: 400,
        code: "no_active_account",
        reason: "bad_credentials",
      });
      expect(client.getSession()).toEqual({ status: "signed-out", reason: null });
    });

    test("an expired token is refreshed before it is sent", async () => {
      const here = browser();
      const client = here.tab({ mode });
      await client.signIn(demo);
      await when(client, (now) => now.status === "signed-in" && now.user !== null);
      await pass(400);
      here.sent.length = 0;
      expect((await client.fetch("/home/")).status).toBe(200);
      expect(here.sent).toEqual(["POST /token/refresh/", "GET /home/"]);
    });

    test("a token that only the server thinks expired is refreshed, and the request sent again with its body", async () => {
      const here = browser();
      const client = here.tab({ mode });
      await client.signIn(demo);
      await when(client, (now) => now.status === "signed-in" && now.user !== null);
      await serverPasses(400);
      here.sent.length = 0;
      const response = await client.fetch("/me/", {
        method: "PATCH",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ first_name: `Jo ${mode}` }),
      });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ first_name: `Jo ${mode}` });
      expect(here.sent).toEqual(["PATCH /me/", "POST /token/refresh/", "PATCH /me/"]);
    });

    test("many requests with one expired token are one refresh", async () => {
      const here = browser();
      const client = here.tab({ mode });
      await client.signIn(demo);
      await pass(400);
      here.sent.length = 0;
      const responses = await Promise.all(Array.from({ length: 10 }, () => client.fetch("/home/")));
      expect(responses.map((response) => response.status)).toEqual(Array(10).fill(200));
      expect(here.sent.filter((one) => one === "POST /token/refresh/")).toHaveLength(1);
    });

    test("sign-out ends the session on the server", async () => {
      const here = browser();
      const client = here.tab({ mode });
      await client.signIn(demo);
      const access = here.requests;
      await client.fetch("/home/");
      const used = access.at(-1)?.headers.get("Authorization") ?? "";
      await client.signOut();
      expect(client.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
      const answer = await fetch(`${served.base}/home/`, { headers: { Authorization: used } });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ reason: "session_revoked" });
    });

    test("sign-out everywhere ends the other sessions too", async () => {
      const other = browser(served.base.replace("127.0.0.1", "localhost")).tab({ mode });
      await other.signIn(demo);
      const client = browser().tab({ mode });
      await client.signIn(demo);
      await client.signOut({ everywhere: true });
      await pass(400);
      expect((await other.fetch(`${other.options.baseUrl}/home/`)).status).toBe(401);
      expect(await when(other, signedOut)).toEqual({ status: "signed-out", reason: "session_revoked" });
    });

    test("ending one's own session in the list is a sign-out; ending the others is not", async () => {
      const other = browser(served.base.replace("127.0.0.1", "localhost")).tab({ mode });
      await other.signIn(demo);
      const client = browser().tab({ mode });
      await client.signIn(demo);
      await client.sessions.endOthers();
      const [own] = await client.sessions.list();
      expect(signedIn(client.getSession())).toBe(true);
      await client.sessions.end(own?.id ?? "");
      expect(client.getSession()).toEqual({ status: "signed-out", reason: "signed_out" });
    });

    test.each([-315_360_000, -3600, 3600, 28_800, 315_360_000])(
      "a device whose clock jumps by %d seconds goes on",
      async (seconds) => {
        const client = browser().tab({ mode });
        await client.signIn(demo);
        devicePasses(seconds);
        expect((await client.fetch("/home/")).status).toBe(200);
        expect((await client.fetch("/home/")).status).toBe(200);
        expect(signedIn(client.getSession())).toBe(true);
      },
    );

    test("eight hours asleep are no sign-out", async () => {
      const client = browser().tab({ mode });
      await client.signIn(demo);
      await pass(28_800);
      expect((await client.fetch("/home/")).status).toBe(200);
    });
  });
}

test("a session that nobody used for three days has ended, and the user hears why", async () => {
  storage();
  const here = browser();
  const client = here.tab();
  await client.signIn(demo);
  await pass(259_200);
  expect((await client.fetch("/home/")).status).toBe(401);
  expect(client.getSession()).toEqual({ status: "signed-out", reason: "expired" });
});
