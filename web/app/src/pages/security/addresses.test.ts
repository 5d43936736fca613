import type { User } from "@keyturn/client";
import { expect, test } from "vitest";
import { addressesOf } from "./addresses";

const user = (email: string, email_verified: boolean): User => ({
  id: 7,
  username: "jo",
  email,
  email_verified,
  date_joined: null,
  has_usable_password: true,
  needs: [],
});
const address = (email: string, verified: boolean, primary: boolean) => ({ email, verified, primary });

test("a confirmed address and nothing else", () => {
  const list = [address("jo@example.com", true, true)];
  expect(addressesOf(user("jo@example.com", true), list)).toEqual({
    current: "jo@example.com",
    confirmed: true,
    pending: null,
  });
});

test("an address that waits for its code stands beside the one that counts", () => {
  const list = [address("jo@example.com", true, true), address("new@example.com", false, false)];
  expect(addressesOf(user("jo@example.com", true), list).pending).toBe("new@example.com");
});

test("the account's own address does not wait to replace itself, in whichever case it is written", () => {
  const list = [address("jo@example.com", false, true)];
  expect(addressesOf(user("Jo@Example.com", false), list)).toEqual({
    current: "Jo@Example.com",
    confirmed: false,
    pending: null,
  });
});

test("an account that never had its address confirmed has one all the same", () => {
  expect(addressesOf(user("demo@example.com", false), [])).toEqual({
    current: "demo@example.com",
    confirmed: false,
    pending: null,
  });
});

test("no address is no address", () => {
  expect(addressesOf(user("", false), [])).toEqual({ current: "", confirmed: false, pending: null });
});
