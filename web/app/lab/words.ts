/** What the lab says about what it shows. English only: it is a tool of developers. */
import type { Column } from "./story";

export type Tone = "turn" | "same" | "forgiven" | "caught" | "plain";

export interface Told {
  /** A few words, for the picture. */
  readonly short: string;
  readonly title: string;
  readonly text: string;
  readonly tone: Tone;
}

/** Seconds as people say them. */
export function span(seconds: number): string {
  const steps: readonly (readonly [number, string])[] = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ];
  const sign = seconds < 0 ? "−" : "";
  const length = Math.abs(seconds);
  for (const [size, name] of steps) {
    if (length >= size) {
      const count = Math.round((length / size) * 10) / 10;
      return `${sign}${count} ${name}${count === 1 ? "" : "s"}`;
    }
  }
  return `${sign}${Math.round(length)} s`;
}

/** Why a request was answered 401, by the word in its body. */
const REASONS: Readonly<Record<string, string>> = {
  expired:
    "The token was too old. An access token is renewed then; a refresh token that nobody used for so long is over.",
  refresh_reused:
    "The session is over because two parties used its refresh token. Access tokens die with it, within a second and everywhere. The owner reads why, and signs in again.",
  session_revoked:
    "The session was ended by its owner, or by an administrator. Access tokens die with it, within a second.",
  session_expired: "The session had reached its end.",
  refresh_missing: "No refresh token came along: this browser has none (any more).",
  binding_missing: "The token is bound to a key, and no proof by that key came along.",
  password_changed: "The password was changed since, which ends every session.",
  user_inactive: "The account is switched off.",
  unknown_key: "The key that signed the token is not accepted any more.",
};

export const reasonInWords = (reason: string): string => REASONS[reason] ?? `The server’s reason: ${reason}.`;

const ENDINGS: Readonly<Record<string, string>> = {
  revoked_by_user:
    "Its owner ended it from the list of sessions on another device. Access tokens die within a second, everywhere.",
  logout: "Signed out here, and for every tab.",
  logout_all: "Signed out everywhere.",
  logout_others: "Signed out from another device.",
  signed_in_again: "Somebody signed in anew in the same browser.",
  refresh_reused:
    "Two parties used one refresh token, and nobody can tell from afar which one is the thief. Both are out; the owner is told why and signs in again.",
  password_changed: "The password was changed.",
};

function refreshInWords(column: Column & { kind: "refresh" }): Told {
  const [first] = column.events;
  const count = column.events.length;
  const shown = `#${first.presented}`;
  const stands = first.stands === undefined ? "" : `#${first.stands}`;
  if (column.lane === "thief") return thiefInWords(first, shown, stands);
  const verdicts = new Set(column.events.map((event) => event.verdict));
  if (verdicts.has("reused"))
    return {
      short: "caught",
      title: `${shown} was shown again: the session ends`,
      text: first.carried
        ? `The session stands at ${stands}, so somebody else has turned it. One of the two is a thief; both are signed out.`
        : "The token came without what its session is bound to.",
      tone: "caught",
    };
  if (count > 1)
    return {
      short: `${count} tabs, one turn`,
      title: `${count} tabs show ${shown} at the same instant`,
      text: verdicts.has("rotated")
        ? `One of them turns the session on to ${stands}; the other ${count - 1} get the very same ${stands}, byte for byte. Whoever writes it last, nothing is lost. Strict servers sign a user out here.`
        : `All of them get ${stands}, byte for byte the same.`,
      tone: "same",
    };
  if (first.verdict === "refused")
    return {
      short: "refused",
      title: `401: ${first.reason ?? ""}`,
      text: reasonInWords(first.reason ?? ""),
      tone: "plain",
    };
  if (first.reply === "lost")
    return {
      short: "reply lost",
      title: `The session turned to ${stands}, and the reply was lost`,
      text: `The server has done its work, but the browser still holds ${shown}. It will show it again, and that looks exactly like theft.`,
      tone: "plain",
    };
  if (first.verdict === "converged")
    return {
      short: "same answer",
      title: `${shown} was shown again, and got the same answer: ${stands}`,
      text: "It is the predecessor, and it comes within the grace time, or by the name that the client gave this very refresh: a retry. The answer is the identical token, so there is never a second live copy.",
      tone: "same",
    };
  if (first.verdict === "forgiven")
    return {
      short: "forgiven",
      title: `${shown} came late, and was let in once`,
      text: `A client that lost a reply and slept comes back with the predecessor long after the grace time. Honest clients need that rarely; whoever needs it again too soon is two people.`,
      tone: "forgiven",
    };
  return {
    short: "turned",
    title: `${shown} was used, and replaced by ${stands}`,
    text: "The ordinary case: each refresh token works once. One row in the database moves on by one compare-and-set.",
    tone: "turn",
  };
}

function thiefInWords(
  first: (Column & { kind: "refresh" })["events"][0],
  shown: string,
  stands: string,
): Told {
  if (first.verdict === "reused")
    return {
      short: "caught",
      title: `The thief shows ${shown}, and is caught`,
      text: first.carried
        ? `The owner has moved on to ${stands}, and letting a late token in twice is more than any honest client needs. The session ends.`
        : `The session is bound to ${first.bound === "dpop" ? "a key that cannot leave the browser" : "this browser’s device cookie"}, and the thief has only the token. The session ends at once.`,
      tone: "caught",
    };
  if (first.verdict === "refused")
    return {
      short: "refused",
      title: `The thief gets a 401: ${first.reason ?? ""}`,
      text: reasonInWords(first.reason ?? ""),
      tone: "plain",
    };
  return {
    short: first.verdict === "forgiven" ? "let in, once" : "not noticed yet",
    title: `The thief shows ${shown}, and gets ${stands}`,
    text:
      first.verdict === "forgiven"
        ? "Without a binding, a late token may be the owner’s own after a lost reply. It is let in once. As soon as the owner goes on, the two collide."
        : "The session is not bound to anything, so one use tells nothing: thief and owner look alike. Once both have used it, they collide.",
    tone: "forgiven",
  };
}

/** Say what a column shows. */
export function inWords(column: Column): Told {
  switch (column.kind) {
    case "refresh":
      return refreshInWords(column);
    case "refused":
      return {
        short: `401`,
        title:
          column.lane === "thief"
            ? `The thief gets a 401: ${column.reason}`
            : `Your browser gets a 401, and is told why: ${column.reason}`,
        text: reasonInWords(column.reason),
        tone: "plain",
      };
    case "login":
      return {
        short: "signed in",
        title: "A session begins, with refresh token #0",
        text: "It is one row in the database, and stays one, however often it is refreshed.",
        tone: "turn",
      };
    case "ended":
      return {
        short: column.caught ? "thief out" : "ended",
        title: column.caught ? "The session was ended to protect its owner" : "The session was ended",
        text: ENDINGS[column.reason] ?? `The server’s reason: ${column.reason || "none"}.`,
        tone: column.caught ? "caught" : "plain",
      };
    case "stolen":
      return {
        short: "copied",
        title: `Somebody else has a copy of #${column.presented} now`,
        text: "By malware, a backup, a borrowed laptop. The copy lies on another computer, without anything else of this browser.",
        tone: "caught",
      };
    case "keys":
      return {
        short: "new key",
        title: "The signing keys were rotated",
        text: "New access tokens are signed by the new key. Those of the old one stay good until they expire, so nobody notices.",
        tone: "plain",
      };
    case "unavailable":
      return {
        short: "503",
        title: "The server could not answer: 503",
        text: "That decides nothing about the session. The client waits and tries again; the user stays signed in.",
        tone: "plain",
      };
    case "clock":
      return {
        short: `${column.seconds > 0 ? "+" : ""}${span(column.seconds)}`,
        title: column.seconds > 0 ? `${span(column.seconds)} pass` : "The clock is set back",
        text: "For the server. The browser’s clock stays as it is, as if it were wrong: the client never trusts it.",
        tone: "plain",
      };
    case "offline":
      return {
        short: "offline",
        title: "The network is cut",
        text: "A request that fails says nothing about the session. The user stays signed in.",
        tone: "plain",
      };
    case "online":
      return {
        short: "online",
        title: "The network is back",
        text: "The client goes on at once.",
        tone: "plain",
      };
  }
}
