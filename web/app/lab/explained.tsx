import type { Session } from "@keyturn/client";
import type { ReactNode } from "react";
import type { Column } from "./story";
import { inWords } from "./words";

interface ExplainedProps {
  readonly column: Column | null;
  readonly session: Session;
  /** The picture shows what might happen. */
  readonly example: boolean;
}

/** The chosen column in words, and who is signed in. */
export function Explained({ column, session, example }: ExplainedProps): ReactNode {
  const told = column && inWords(column);
  return (
    <div className="lab-explained">
      {!told && (
        <div className="lab-told">
          <h3>How to read it</h3>
          <p>
            Time runs to the right. Each curve down is a refresh: a token is shown, the session turns to the
            next number, and the answer goes back. Your session will be drawn here in the same way; press what
            is drawn to read about it.
          </p>
        </div>
      )}
      {told && (
        <div className={`lab-told lab-told--${told.tone}`} role="status">
          <h3>
            {example && <span className="lab-example">For example</span>}
            {told.title}
          </h3>
          <p>{told.text}</p>
          {column?.kind === "refresh" && column.events[0].bound !== undefined && <Facts column={column} />}
        </div>
      )}
      <Who session={session} />
    </div>
  );
}

function Facts({ column }: { readonly column: Column & { kind: "refresh" } }): ReactNode {
  const [event] = column.events;
  const facts = [
    ["Shown", `#${event.presented}`],
    ["Session at", event.stands === undefined ? "ended" : `#${event.stands}`],
    ["Bound to", { dpop: "a key (DPoP)", cookie: "a device cookie", none: "nothing" }[event.bound ?? "none"]],
    [
      "Came along",
      event.bound === undefined || event.bound === "none" ? "not asked for" : event.carried ? "yes" : "no",
    ],
    [
      "Reply",
      event.verdict === "reused" || event.verdict === "refused"
        ? "401"
        : event.reply === "lost"
          ? "lost"
          : "arrived",
    ],
  ];
  return (
    <dl className="lab-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Who({ session }: { readonly session: Session }): ReactNode {
  if (session.status === "loading") return <p className="lab-who">Looking for a session …</p>;
  if (session.status === "signed-out")
    return (
      <p className="lab-who lab-who--out">
        <strong>Nobody is signed in.</strong>{" "}
        {session.reason && session.reason !== "signed_out" && (
          <>
            The client was told why: <code>{session.reason}</code>.
          </>
        )}
      </p>
    );
  return (
    <p className="lab-who lab-who--in">
      <strong>{session.user?.username ?? "Somebody"} is signed in</strong>
      {session.online ? "." : ", and stays so: the server cannot be reached just now."}
    </p>
  );
}
