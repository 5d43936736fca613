import type { ReactNode } from "react";
import { Icon, Spinner } from "../src/design";
import type { Bench } from "./deeds";
import { type Experiment, groups } from "./experiments";

interface ControlsProps {
  readonly bench: Bench;
  readonly online: boolean;
  readonly signedIn: boolean;
  /** The name of what is under way. */
  readonly busy: string | null;
  readonly stolen: boolean;
  run(name: string, deed: (bench: Bench) => Promise<unknown>): Promise<void>;
}

/** Everything that can be broken. */
export function Controls({ bench, online, signedIn, busy, stolen, run }: ControlsProps): ReactNode {
  const isOff = ({ id }: Experiment): boolean =>
    busy !== null ||
    (id === "use-copy" ? !stolen : !signedIn) ||
    (!online && !["offline", "use-copy"].includes(id));
  return (
    <div className="lab-controls">
      {groups(bench, online).map(({ title, about, tone, experiments }) => (
        <section key={title} className={`lab-group lab-group--${tone}`} aria-label={title}>
          <h2>{title}</h2>
          <p>{about}</p>
          <ul className="lab-buttons">
            {experiments.map((experiment) => (
              <li key={experiment.id}>
                <button
                  type="button"
                  className="lab-button"
                  aria-disabled={isOff(experiment) || undefined}
                  aria-busy={busy === experiment.id || undefined}
                  onClick={() => !isOff(experiment) && run(experiment.id, experiment.run)}
                >
                  <span className="lab-button__icon">
                    {busy === experiment.id ? <Spinner /> : <Icon name={experiment.icon} />}
                  </span>
                  <span>
                    <strong>{experiment.title}</strong>
                    <small>{experiment.about}</small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
