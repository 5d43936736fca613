import { describe, expect, it } from "vitest";
import { PATHS, placeAfterSignIn, signInThenBackTo } from "./paths";

describe("where one is led after signing in", () => {
  it.each([PATHS.profile, PATHS.security, PATHS.activity])("is %s where that was wanted", (path) => {
    expect(placeAfterSignIn(new URL(signInThenBackTo(path), "https://auth.example.com").search)).toBe(path);
  });

  it.each([
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "/security/../..//evil.example",
    "/security?x=https://evil.example",
    "/security#//evil.example",
    " /security",
    "/sign-in",
    "/admin/",
    "security",
    "",
  ])("is the overview where next is %j", (next) => {
    expect(placeAfterSignIn(`?${new URLSearchParams({ next })}`)).toBe(PATHS.home);
  });

  it("is the overview where nothing was said", () => {
    expect(placeAfterSignIn("")).toBe(PATHS.home);
  });

  it("is told to the sign-in page for pages of the account only", () => {
    expect(signInThenBackTo("/nowhere")).toBe(PATHS.signIn);
    expect(signInThenBackTo(PATHS.home)).toBe(PATHS.signIn);
  });
});
