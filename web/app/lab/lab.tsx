/** The lab: break things, and watch why nobody is signed out but the thief. */
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { config } from "../src/config";
import { Button, Mark, Notice } from "../src/design";
import { useStage } from "./bench";
import { Controls } from "./controls";
import type { Bench } from "./deeds";
import type { LabEvent } from "./events";
import { EXAMPLE } from "./example";
import { Explained } from "./explained";
import { useNews } from "./news";
import { Picture } from "./picture";
import { Protections } from "./protections";
import { ScoreBoard } from "./score";
import { type Rules, server } from "./server";
import { columnsOf, heldBy, scoreOf } from "./story";
import { playTour, SCENES } from "./tour";
import { span } from "./words";

/** The events of the sessions that were this page's own, and what happened around them. */
function ofOurs(events: readonly LabEvent[], isOurs: (session: string) => boolean): readonly LabEvent[] {
  const ours = events.filter((event) => {
    if ("session" in event && event.session !== null) return isOurs(event.session);
    return event.kind !== "refused" && event.kind !== "ended" && event.kind !== "login"
      ? true
      : event.who !== "";
  });
  const first = ours.findIndex((event) => "session" in event && event.session !== null);
  return first < 0 ? [] : ours.slice(first);
}

export function Lab(): ReactNode {
  const news = useNews();
  const [rules, setRules] = useState<Rules | null>(null);
  const stage = useStage(rules, news.add);
  const [chosen, setChosen] = useState<number | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [scene, setScene] = useState<number | null>(null);
  const wanted = useRef(false);
  const top = useRef<HTMLDivElement>(null);

  useEffect(() => {
    server.rules().then(setRules, (error: unknown) => setProblem(String(error)));
  }, []);

  const { isOurs, session, bench } = stage;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a session that is new makes its events ours
  const events = useMemo(() => ofOurs(news.events, isOurs), [news.events, isOurs, session]);
  const columns = useMemo(() => columnsOf(events), [events]);
  const score = useMemo(() => scoreOf(columns), [columns]);
  const shown = columns.length === 0 ? EXAMPLE : columns;
  const column = shown.find((one) => one.key === chosen) ?? columns.at(-1) ?? null;

  const run = useCallback(
    async (name: string, deed: (bench: Bench) => Promise<unknown>): Promise<void> => {
      if (!bench) return;
      setBusy(name);
      setScene(null);
      setProblem(null);
      setChosen(null);
      try {
        await deed(bench);
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error));
        setScene(null);
      }
      await news.look();
      setBusy(null);
    },
    [bench, news.look],
  );

  const play = (): void => {
    wanted.current = true;
    top.current?.scrollIntoView({ block: "start" });
    run("tour", (now) => playTour(now, setScene, () => wanted.current));
  };
  const stop = (): void => {
    wanted.current = false;
  };

  const signedIn = session.status === "signed-in";
  const ahead = news.clock?.ahead ?? 0;

  return (
    <div className="lab">
      <header className="lab-top">
        <a className="lab-brand" href="/">
          <Mark size={28} />
          <span>Keyturn</span>
          <em>The lab</em>
        </a>
        <nav aria-label="Elsewhere on this server">
          <a href="/">App</a>
          {config.links.docs && <a href={config.links.docs}>API</a>}
          {config.links.inbox && <a href={config.links.inbox}>Inbox</a>}
          {config.links.admin && <a href={config.links.admin}>Admin</a>}
        </nav>
      </header>
      <main className="lab-main">
        <div className="lab-hero">
          <div className="lab-claim">
            <h1>Break it. Nobody is signed out but the thief.</h1>
            <p>
              A refresh token that is shown twice is either <strong>bad luck</strong> (a lost reply, ten tabs,
              a night’s sleep) or <strong>theft</strong>. From afar the two look alike. Most servers sign the
              user out, or let the thief in. Keyturn tells them apart. This page is real: a real client, real
              requests, faults that really happen.
            </p>
            <div className="buttons">
              {busy !== "tour" ? (
                <Button kind="primary" onClick={play} disabled={!bench || busy !== null || !config.demo}>
                  Play it for me, in a minute
                </Button>
              ) : (
                <Button onClick={stop}>Stop after this scene</Button>
              )}
              {!signedIn && busy !== "tour" && (
                <Button
                  onClick={() => run("sign-in", (now) => now.signIn("dpop"))}
                  busy={busy === "sign-in"}
                  disabled={!bench || !config.demo}
                >
                  Sign in as {config.demo?.username ?? "demo"}, and break it myself
                </Button>
              )}
            </div>
          </div>
          <ScoreBoard score={score} />
        </div>
        {!config.demo && (
          <Notice tone="warn" title="There is no demo user here">
            Start the server with make run, which makes one; or, if its password was changed, sign in at{" "}
            <a href="/sign-in">the app</a> and come back.
          </Notice>
        )}
        {news.unreachable && (
          <Notice tone="bad" title="The development server does not answer">
            The picture goes on when it does.
          </Notice>
        )}
        {problem && (
          <Notice tone="bad" role="alert" title="That did not work">
            {problem}
          </Notice>
        )}
        <div ref={top} className="lab-stage">
          {scene !== null && SCENES[scene] && (
            <div className="lab-scene" role="status">
              <span className="lab-scene__count">
                {scene + 1}/{SCENES.length}
              </span>
              <div>
                <h2>{SCENES[scene].title}</h2>
                <p>{SCENES[scene].text}</p>
              </div>
            </div>
          )}
          <section className="lab-card" aria-labelledby="lab-live">
            <div className="lab-card__top">
              <h2 id="lab-live">What is happening</h2>
              <ul className="lab-legend">
                <li className="lab-marks--turn">used once, replaced</li>
                <li className="lab-marks--same">again: same answer</li>
                <li className="lab-marks--forgiven">late: let in once</li>
                <li className="lab-marks--caught">theft: session over</li>
              </ul>
              <div className="lab-tools">
                {ahead >= 1 && (
                  <span className="lab-clock">
                    Server’s clock: {span(ahead)} ahead
                    <Button kind="quiet" small onClick={() => run("clock", () => server.realTime())}>
                      Set right
                    </Button>
                  </span>
                )}
                <Button kind="quiet" small onClick={() => news.clear()} disabled={columns.length === 0}>
                  Clear
                </Button>
              </div>
            </div>
            <Picture
              columns={shown}
              selected={column?.key ?? null}
              onSelect={setChosen}
              standing={columns.length === 0 ? "example" : signedIn ? "signed-in" : "signed-out"}
            />
            <Explained column={column} session={session} example={columns.length === 0} />
          </section>
        </div>
        <Protections
          protection={stage.protection}
          signedIn={signedIn}
          busy={busy !== null || !bench}
          onChoose={(next) => run("protection", (now) => now.signIn(next))}
        />
        {bench && (
          <Controls
            bench={bench}
            online={stage.online}
            signedIn={signedIn}
            busy={busy}
            stolen={heldBy("thief", columns) !== null}
            run={run}
          />
        )}
        <footer className="lab-foot">
          <p>
            The lab exists in development only: production has neither these pages nor the endpoints behind
            them. The rule it shows, and what it cannot do, is in <code>docs/concepts</code>; how to drive the
            same faults from a script, in <code>docs/how-to/lab.md</code>.
          </p>
        </footer>
      </main>
    </div>
  );
}
