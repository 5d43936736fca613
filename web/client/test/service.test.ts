/** A service beside Keyturn that asks for a stronger proof (RFC 9470): a real one, and what the client makes of it. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { confirmApp, onStepUp, type StepUp, setUpApp, stepUpWithCode } from "../src/factors.js";
import { browser, events, locks, storage } from "./browser.js";
import { somebody } from "./people.js";
import { type Service, service } from "./service.js";
import { codeOf } from "./totp.js";

let orders: Service | undefined;

beforeAll(async () => {
  orders = await service();
});
afterAll(() => orders?.stop());

beforeEach(() => {
  storage();
  locks();
  events();
});

test("what another service asks for is proven at Keyturn, and the request is sent once more", async () => {
  const origin = orders?.origin ?? "";
  const here = browser();
  const client = here.tab({ apiOrigins: [origin] });
  const person = await somebody();
  await client.signIn(person);
  // On another device, so that here they have shown a password alone.
  const phone = browser().tab({ mode: "bearer" });
  await phone.signIn(person);
  const { secret } = await setUpApp(phone);
  await confirmApp(phone, { code: await codeOf(secret) });
  const prompts: StepUp[] = [];
  onStepUp(client, async (asked) => {
    prompts.push(asked);
    // The next code: the server takes it a step ahead of time, and each once.
    await stepUpWithCode(client, { code: await codeOf(secret, 1) });
  });
  const post = (path: string) => client.fetch(`${origin}${path}`, { method: "POST" });
  expect((await post("/cancel")).status).toBe(200);
  expect(prompts).toEqual([]);

  const answer = await post("/bank-account");
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ changed_by: expect.any(String) });
  expect(prompts).toMatchObject([{ methods: ["totp", "recovery_codes"], max_age: 300, acr_values: ["2fa"] }]);
  expect(here.sent.filter((one) => one === "POST /bank-account")).toHaveLength(2);
  expect((await post("/bank-account")).status).toBe(200);
  expect(prompts).toHaveLength(1);
});
