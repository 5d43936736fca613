import { describe, expect, it } from "vitest";
import { readConfig } from "./config";

const HARMLESS = {
  development: false,
  demo: null,
  links: {},
  signUp: true,
  passkeys: false,
  signInByMail: false,
  providers: [],
  trustDeviceFor: 0,
  siteName: "Keyturn",
};

describe("the configuration in the page", () => {
  it.each([null, "", "{", "null", "[]", "7", '"x"', "{}"])(
    "is harmless where %s stands in its place",
    (text) => {
      expect(readConfig(text)).toEqual(HARMLESS);
    },
  );

  it("is taken as the server writes it", () => {
    const written = {
      development: true,
      demo: { username: "demo", password: "x" },
      links: { inbox: "/dev/inbox/", docs: "https://docs.example.com/" },
      signUp: false,
      passkeys: true,
      signInByMail: true,
      providers: [{ id: "google", name: "Google" }],
      trustDeviceFor: 2592000,
      siteName: "Example",
    };
    expect(readConfig(JSON.stringify(written))).toEqual(written);
  });

  it.each(["javascript:alert(1)", "//evil.example/", "/\\evil.example", "data:text/html,x", 7, null])(
    "has no link to %s",
    (address) => {
      expect(readConfig(JSON.stringify({ links: { inbox: address } })).links).toEqual({});
    },
  );

  it("has nothing of the wrong kind", () => {
    const wrong = {
      development: "yes",
      demo: { username: 1 },
      links: [],
      signUp: "no",
      passkeys: 1,
      signInByMail: "true",
      providers: [7, null, { id: 7, name: "x" }, { id: "", name: "x" }],
      trustDeviceFor: "30d",
      siteName: 7,
    };
    expect(readConfig(JSON.stringify(wrong))).toEqual(HARMLESS);
  });
});
