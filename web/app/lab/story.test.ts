import { describe, expect, test } from "vitest";
import type { LabEvent, Verdict } from "./events";
import { type Column, columnsOf, heldBy, scoreOf } from "./story";
import { inWords, span } from "./words";

const session = "00000000-0000-7000-8000-000000000000";
let n = 0;

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

function refresh(presented: number, stands: number, verdict: Verdict, more: object = {}): LabEvent {
  n += 1;
  return {
    n,
    at: at(0),
    who: "browser",
    kind: "refresh",
    session,
    presented,
    stands,
    verdict,
    bound: "dpop",
    carried: true,
    ...more,
  };
}

const login = (): LabEvent => ({ n: ++n, at: at(0), who: "browser", kind: "login", session });
const stolen = (presented: number): LabEvent => ({
  n: ++n,
  at: at(0),
  who: "thief",
  kind: "stolen",
  session,
  presented,
});
const ended = (reason: string): LabEvent => ({ n: ++n, at: at(0), who: "", kind: "ended", session, reason });
const refused = (reason: string, path = "/home/"): LabEvent => ({
  n: ++n,
  at: at(0),
  who: "browser",
  kind: "refused",
  session,
  path,
  reason,
});

const kinds = (columns: readonly Column[]): string[] => columns.map((column) => column.kind);

describe("what is drawn together", () => {
  test("tabs that show one token within the same seconds are one column", () => {
    const tabs = Array.from({ length: 10 }, (_, index) =>
      refresh(3, 4, index === 0 ? "rotated" : "converged", { who: `tab ${index + 1}` }),
    );
    const [column, ...others] = columnsOf(tabs);
    expect(others).toEqual([]);
    expect(column?.kind === "refresh" && column.events.length).toBe(10);
  });

  test("the order in which their answers came changes nothing but who is named first", () => {
    const columns = columnsOf([
      refresh(3, 4, "converged", { who: "tab 2" }),
      refresh(3, 4, "rotated", { who: "tab 1" }),
    ]);
    expect(columns).toHaveLength(1);
    expect(inWords(columns[0] as Column).tone).toBe("same");
  });

  test("tabs of which one was a little late, and showed the next token, stay two columns", () => {
    const columns = columnsOf([
      refresh(3, 4, "rotated", { who: "tab 1" }),
      refresh(4, 5, "rotated", { who: "tab 9" }),
      refresh(3, 5, "converged", { who: "tab 2" }),
      refresh(4, 5, "converged", { who: "tab 8" }),
    ]);
    expect(columns.map((column) => column.kind === "refresh" && column.events.length)).toEqual([2, 2]);
  });

  test("a client's own retry is a column of its own", () => {
    const columns = columnsOf([refresh(1, 2, "rotated", { reply: "lost" }), refresh(1, 2, "converged")]);
    expect(columns.map((column) => inWords(column).short)).toEqual(["reply lost", "same answer"]);
  });

  test("a thief never joins the owner's column", () => {
    expect(columnsOf([refresh(1, 2, "rotated"), refresh(1, 2, "reused", { who: "thief" })])).toHaveLength(2);
  });

  test("tabs half a minute apart are two columns", () => {
    const later = refresh(3, 4, "forgiven", { who: "tab 2", at: at(30) });
    expect(columnsOf([refresh(3, 4, "rotated", { who: "tab 1" }), later])).toHaveLength(2);
  });

  test("an access token that ran out is not drawn, a refresh token that did is", () => {
    expect(columnsOf([refused("expired")])).toEqual([]);
    expect(kinds(columnsOf([refused("expired", "/token/refresh/")]))).toEqual(["refused"]);
  });

  test("the API's 401 and the refresh that is refused for the same reason are one", () => {
    const columns = columnsOf([
      refused("refresh_reused"),
      refresh(4, 4, "refused", { reason: "refresh_reused" }),
    ]);
    expect(kinds(columns)).toEqual(["refused"]);
  });

  test("jumps of the clock that follow one another are one", () => {
    const jump = (seconds: number): LabEvent => ({ n: ++n, at: at(0), who: "", kind: "clock", seconds });
    const columns = columnsOf([jump(3600), jump(7200), login(), jump(60)]);
    expect(columns.map((column) => column.kind === "clock" && column.seconds)).toEqual([10_800, false, 60]);
  });

  test("only the last columns are kept", () => {
    const many = Array.from({ length: 200 }, (_, index) => refresh(index, index + 1, "rotated"));
    const columns = columnsOf(many);
    expect(columns).toHaveLength(60);
    expect(columns.at(-1)?.key).toBe(many.at(-1)?.n);
  });
});

describe("who holds what", () => {
  test("a lost reply leaves the browser with the token it had", () => {
    expect(heldBy("browser", columnsOf([login(), refresh(0, 1, "rotated", { reply: "lost" })]))).toBe(0);
  });

  test("an answer that arrived is held, by the thief too", () => {
    const columns = columnsOf([login(), stolen(0), refresh(0, 1, "rotated", { who: "thief" })]);
    expect([heldBy("browser", columns), heldBy("thief", columns)]).toEqual([0, 1]);
  });

  test("nobody holds anything once the session is over", () => {
    const columns = columnsOf([
      login(),
      stolen(0),
      refresh(0, 0, "reused", { who: "thief" }),
      ended("refresh_reused"),
    ]);
    expect([heldBy("browser", columns), heldBy("thief", columns)]).toEqual([null, null]);
  });
});

describe("the score", () => {
  test("ten tabs at once spare the user once", () => {
    const tabs = Array.from({ length: 10 }, (_, index) =>
      refresh(0, 1, index ? "converged" : "rotated", { who: `tab ${index}` }),
    );
    expect(scoreOf(columnsOf([login(), ...tabs]))).toEqual({ spared: 1, lost: 0, caught: 0 });
  });

  test("a session that ends by reuse is a thief caught if something was stolen, and else an honest user lost", () => {
    const caught = [login(), stolen(0), refresh(0, 0, "reused", { who: "thief" })];
    expect(scoreOf(columnsOf(caught))).toEqual({ spared: 0, lost: 0, caught: 1 });
    expect(scoreOf(columnsOf([...caught, login(), refresh(0, 2, "reused")]))).toEqual({
      spared: 0,
      lost: 1,
      caught: 1,
    });
  });

  test("what is forgiven to a thief spares nobody", () => {
    const columns = columnsOf([login(), stolen(0), refresh(0, 1, "forgiven", { who: "thief" })]);
    expect(scoreOf(columns).spared).toBe(0);
  });
});

describe("in words", () => {
  test("each reason of a 401 has words, also one that nobody foresaw", () => {
    for (const reason of ["refresh_reused", "session_revoked", "expired", "refresh_missing", "brand_new"]) {
      const [column] = columnsOf([refused(reason, "/token/refresh/")]);
      expect(inWords(column as Column).text).not.toBe("");
      expect(inWords(column as Column).title).toContain(reason);
    }
  });

  test.each([
    [301, "5 minutes"],
    [3600, "1 hour"],
    [28_800, "8 hours"],
    [259_200, "3 days"],
    [5, "5 s"],
    [-28_800, "−8 hours"],
  ])("%d seconds are %s", (seconds, words) => {
    expect(span(seconds)).toBe(words);
  });
});
