/** The buttons: what can be broken, and by whom. */
import type { IconName } from "../src/design";
import type { Bench } from "./deeds";
import * as deeds from "./deeds";
import { span } from "./words";

export interface Experiment {
  readonly id: string;
  readonly icon: IconName;
  readonly title: string;
  readonly about: string;
  run(bench: Bench): Promise<void>;
}

export interface Group {
  readonly title: string;
  readonly about: string;
  readonly tone: "honest" | "thief" | "others";
  readonly experiments: readonly Experiment[];
}

const DAY = 86_400;

export function groups(bench: Bench, online: boolean): readonly Group[] {
  const { rules } = bench;
  const tooLong = rules.refresh + DAY;
  return [
    {
      title: "Bad luck",
      about: "What happens to honest people every day.",
      tone: "honest",
      experiments: [
        {
          id: "use",
          icon: "forward",
          title: "Just use the app",
          about: `${span(rules.access)} pass, and the app calls its API.`,
          run: deeds.goOn,
        },
        {
          id: "drop",
          icon: "offline",
          title: "Lose the next reply",
          about: "The server refreshes, the answer never arrives.",
          run: deeds.loseReply,
        },
        {
          id: "tabs",
          icon: "computer",
          title: "Wake ten tabs at once",
          about: "All show one token, with no way to talk.",
          run: deeds.openTenTabs,
        },
        {
          id: "sleep",
          icon: "lock",
          title: "Lose a reply, sleep 8 hours",
          about: "The old token comes back much too late.",
          run: deeds.sleep,
        },
        {
          id: "offline",
          icon: "globe",
          title: online ? "Go offline" : "Go online again",
          about: online ? "A cut network says nothing about a session." : "The client goes on where it was.",
          run: (now) => deeds.setNetwork(now, !online),
        },
        {
          id: "overload",
          icon: "gear",
          title: "Overload the server",
          about: "The next refresh is answered with a 503.",
          run: deeds.overload,
        },
      ],
    },
    {
      title: "A thief",
      about: "Holds a copy of the refresh token, on another computer.",
      tone: "thief",
      experiments: [
        {
          id: "steal",
          icon: "download",
          title: "Copy the refresh token",
          about: "Out of the cookie, or the app’s memory.",
          run: deeds.steal,
        },
        {
          id: "use-copy",
          icon: "key",
          title: "Use the copy",
          about: "Somewhere else, without anything else of this browser.",
          run: deeds.replayCopy,
        },
      ],
    },
    {
      title: "You, and time",
      about: "What is meant to end a session, and what is not.",
      tone: "others",
      experiments: [
        {
          id: "revoke",
          icon: "phone",
          title: "Sign this device out by phone",
          about: "From the list of sessions, on another device.",
          run: deeds.endFromElsewhere,
        },
        {
          id: "keys",
          icon: "key",
          title: "Rotate the signing keys",
          about: "New tokens, new key. Nobody notices.",
          run: deeds.rotateKeys,
        },
        {
          id: "night",
          icon: "activity",
          title: "Let 8 hours pass",
          about: "Only for the server: one of the clocks is wrong now.",
          run: (now) => deeds.jump(now, 8 * 3_600),
        },
        {
          id: "holiday",
          icon: "activity",
          title: `Let ${span(tooLong)} pass`,
          about: `Longer than an unused session lives (${span(rules.refresh)}).`,
          run: (now) => deeds.jump(now, tooLong),
        },
      ],
    },
  ];
}
