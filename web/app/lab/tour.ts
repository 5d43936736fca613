/** One minute that shows what Keyturn is for. */
import { type Bench, goOn, loseReply, openTenTabs, pause, replayCopy, sleep, steal } from "./deeds";

export interface Scene {
  readonly title: string;
  readonly text: string;
  /** Returns the bench to go on with, where that is another. */
  play(bench: Bench): Promise<unknown>;
}

const isBench = (value: unknown): value is Bench =>
  typeof value === "object" && value !== null && "browser" in value;

/** Milliseconds to read a scene. */
const READ = 6_500;

export const SCENES: readonly Scene[] = [
  {
    title: "You sign in",
    text: "Your browser gets an access token for a few minutes, and a refresh token, #0, to get the next one.",
    play: (bench) => bench.signIn("dpop"),
  },
  {
    title: "Each refresh token works once",
    text: "The access token runs out. #0 is traded for #1, and the session turns, like a key in a lock.",
    play: goOn,
  },
  {
    title: "A reply is lost",
    text: "The server has turned to the next token, but your browser never got it, and shows the old one again. To a strict server that is theft: it signs you out. Keyturn gives the same answer again.",
    play: loseReply,
  },
  {
    title: "Ten tabs wake up at once",
    text: "All of them show the same token. One turns the session, nine get the identical answer. Nobody races, nobody loses.",
    play: openTenTabs,
  },
  {
    title: "The laptop sleeps for eight hours",
    text: "And just before, a reply was lost. The old token comes back long after it was used. Let in: an honest client.",
    play: sleep,
  },
  {
    title: "Now somebody copies your token",
    text: "Malware, a stolen backup, a borrowed laptop. They hold exactly what your browser holds.",
    play: steal,
  },
  {
    title: "… and uses it",
    text: "The session is bound to a key that cannot leave your browser. The copy is dead at its first use, the session ends within a second, and you are told why.",
    play: replayCopy,
  },
  {
    title: "That is what Keyturn is for",
    text: "Bad luck signs nobody out; a thief is out at once. Now you: bind your session to nothing, copy its token, and try to get away with it.",
    play: async () => {},
  },
];

/** Play all scenes in their order; the last one stays, unless nobody wants to see more. */
export async function playTour(
  bench: Bench,
  show: (scene: number | null) => void,
  isWanted: () => boolean,
): Promise<void> {
  let current = bench;
  for (const [index, scene] of SCENES.entries()) {
    if (!isWanted()) {
      show(null);
      return;
    }
    show(index);
    if (index === SCENES.length - 1) return;
    const reading = pause(READ);
    await pause(index === 0 ? 300 : 1_200);
    const next = await scene.play(current);
    if (isBench(next)) current = next;
    await reading;
  }
}
