import type { ReactNode } from "react";
import type { Score } from "./story";

/** What came of it so far. */
export function ScoreBoard({ score }: { readonly score: Score }): ReactNode {
  const figures = [
    {
      id: "spared",
      value: score.spared,
      name: "times a strict server would have signed you out",
      tone: "brass",
    },
    { id: "lost", value: score.lost, name: "times Keyturn did", tone: score.lost ? "bad" : "good" },
    {
      id: "caught",
      value: score.caught,
      name: score.caught === 1 ? "thief caught" : "thieves caught",
      tone: "bad",
    },
  ];
  return (
    <dl className="lab-score">
      {figures.map(({ id, value, name, tone }) => (
        <div key={id} className={`lab-figure lab-figure--${tone}`}>
          <dt>{name}</dt>
          <dd key={value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
