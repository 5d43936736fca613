import { KeyturnError } from "@keyturn/client";
import { describe, expect, it } from "vitest";
import { basic as german } from "../i18n/de/basic";
import { basic as english } from "../i18n/en/basic";
import { problemOf } from "./problems";

type Facts = ConstructorParameters<typeof KeyturnError>[1];

const failed = (facts: Facts, detail = "What the server says."): KeyturnError =>
  new KeyturnError(detail, facts);

describe("what a call failed with", () => {
  it("is said at the field, in the reader's language", () => {
    const error = failed({
      status: 400,
      code: "invalid",
      reason: "username_taken",
      fields: { username: ["A user with that username already exists."] },
    });
    expect(problemOf(error, english)).toEqual({
      form: null,
      fields: { username: "Somebody has this name already." },
    });
    expect(problemOf(error, german).fields["username"]).toBe("Diesen Namen hat schon jemand.");
  });

  it("keeps the server's sentence where it is the second one, or nobody here knows the word", () => {
    const error = failed({
      status: 400,
      code: "invalid",
      reason: "username_taken",
      fields: { username: ["Taken."], password: ["Your cat is called that."] },
    });
    expect(problemOf(error, english).fields).toEqual({
      username: "Somebody has this name already.",
      password: "Your cat is called that.",
    });
  });

  it("belongs to the form where it belongs to no field", () => {
    const told = problemOf(failed({ status: 409, code: "conflict" }), english);
    expect(told).toEqual({ form: english.problems.form.conflict, fields: {} });
  });

  it("says how long to wait", () => {
    const told = (retryAfter: number | null) =>
      problemOf(failed({ status: 429, code: "too_many_attempts", retryAfter }), english).form;
    expect(told(30)).toContain("30 seconds");
    expect(told(0.2)).toContain("in a second");
    expect(told(400)).toContain("7 minutes");
    expect(told(null)).toBe(english.problems.tooManyLater);
  });

  it("is the network where nobody answered, and never a wrong password", () => {
    expect(problemOf(failed({ status: 0, code: "unreachable" }), english).form).toBe(
      english.problems.form.network,
    );
    expect(problemOf(failed({ status: 200, code: "unreachable" }), english).form).toBe(
      english.problems.form.network,
    );
    expect(problemOf(failed({ status: 502, code: "unreachable" }), english).form).not.toBeNull();
  });

  it("is told in general words where it is a mistake of ours", () => {
    expect(problemOf(new TypeError("x is undefined"), english)).toEqual({
      form: english.problems.other,
      fields: {},
    });
  });

  it("is never nothing at all", () => {
    for (const code of ["error", "permission_denied", "not_found"] as const)
      expect(problemOf(failed({ status: 400, code }, ""), english).form).toBe(english.problems.other);
  });
});
