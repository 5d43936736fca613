/** The React bindings where there is no browser: on a server that makes the page. */
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import {
  Guard,
  KeyturnProvider,
  SignedIn,
  SignedOut,
  useKeyturn,
  useSession,
  useUser,
} from "../src/react.js";
import type { KeyturnClient, Session } from "../src/types.js";

const signedIn: Session = { status: "signed-in", user: null, id: "s", online: true, binding: "none" };

/** Knows that somebody is signed in, which a page made on a server must not show. */
const client = {
  getSession: () => signedIn,
  onChange: () => () => {},
} as unknown as KeyturnClient;

const drawn = (part: ReturnType<typeof createElement>): string =>
  renderToString(createElement(KeyturnProvider, { client }, part));

test("without a provider the hooks say what is missing", () => {
  const Lost = () => createElement("p", null, useKeyturn().options.baseUrl);
  expect(() => renderToString(createElement(Lost))).toThrow(/KeyturnProvider/);
});

test("a page made on a server belongs to nobody", () => {
  const Who = () => createElement("p", null, `${useSession().status} ${String(useUser())}`);
  expect(drawn(createElement(Who))).toBe("<p>loading null</p>");
  expect(drawn(createElement(SignedIn, null, "in"))).toBe("");
  expect(drawn(createElement(SignedOut, null, "out"))).toBe("");
});

test("a guard shows neither what it guards nor the way to sign in before it knows", () => {
  const guard = createElement(Guard, { loading: "wait", fallback: "sign in" }, "secret");
  expect(drawn(guard)).toBe("wait");
});
