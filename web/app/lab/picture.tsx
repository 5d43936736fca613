/** The live picture: who showed which refresh token, and what the server made of it. Time runs to the right. */
import { type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import { Icon, type IconName } from "../src/design";
import { BOTTOM, HEIGHT, MARGIN, placed, SERVER, spans, TOP } from "./layout";
import { Marks } from "./marks";
import { type Column, heldBy, isOver, isTurning, type Lane } from "./story";
import { inWords } from "./words";

interface PictureProps {
  readonly columns: readonly Column[];
  /** The key of the column that is explained. */
  readonly selected: number | null;
  onSelect(key: number): void;
  /** "example": nothing of it has happened. */
  readonly standing: "signed-in" | "signed-out" | "example";
}

const LANES: readonly { lane: Lane | "server"; name: string; icon: IconName; y: number }[] = [
  { lane: "browser", name: "Your browser", icon: "computer", y: TOP },
  { lane: "server", name: "The session", icon: "key", y: SERVER },
  { lane: "thief", name: "Somebody else", icon: "warning", y: BOTTOM },
];

export function Picture({ columns, selected, onSelect, standing }: PictureProps): ReactNode {
  const { places, width } = placed(columns);
  const frame = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const newest = places.at(-1)?.column.key;

  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows what is newest
  useLayoutEffect(() => {
    const element = frame.current;
    if (element && isAtEnd.current)
      element.scrollTo({ left: element.scrollWidth, behavior: calm() ? "instant" : "smooth" });
  }, [newest, width]);

  useEffect(() => {
    const element = frame.current;
    const look = () => {
      if (element) isAtEnd.current = element.scrollLeft + element.clientWidth > element.scrollWidth - 160;
    };
    element?.addEventListener("scrollend", look);
    return () => element?.removeEventListener("scrollend", look);
  }, []);

  const alive = spans(places, width - 16, isTurning, isOver);
  const cut = spans(
    places,
    width - 16,
    (column) => column.kind === "offline",
    (column) => column.kind === "online",
  );
  const copied = spans(places, width - 16, (column) => column.kind === "stolen", isOver);

  return (
    <div className={standing === "example" ? "lab-picture lab-picture--example" : "lab-picture"}>
      <ul className="lab-lanes">
        {LANES.map(({ lane, name, icon, y }) => (
          <li key={lane} className={`lab-lane lab-lane--${lane}`} style={{ top: y }}>
            <Icon name={icon} size={18} />
            <span>
              {name}
              {standing !== "example" && (
                <small>
                  {lane === "server"
                    ? standsAt(columns, standing === "signed-in")
                    : holding(heldBy(lane, columns))}
                </small>
              )}
            </span>
          </li>
        ))}
      </ul>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="lab-scroll" ref={frame} tabIndex={0} aria-label="What happened, in order">
        <div className="lab-canvas" style={{ width, height: HEIGHT }}>
          <svg width={width} height={HEIGHT} aria-hidden="true" focusable="false">
            <defs>
              <pattern
                id="lab-cut"
                width="8"
                height="8"
                patternUnits="userSpaceOnUse"
                patternTransform="rotate(45)"
              >
                <rect width="8" height="8" className="lab-cut-ground" />
                <line x1="0" y1="0" x2="0" y2="8" className="lab-cut-line" />
              </pattern>
            </defs>
            {cut.map(({ from, to }) => (
              <rect
                key={from}
                x={from}
                y={TOP - 46}
                width={to - from}
                height={76}
                rx="8"
                fill="url(#lab-cut)"
              />
            ))}
            {[TOP, SERVER, BOTTOM].map((y) => (
              <line key={y} className="lab-line" x1={MARGIN - 4} x2={width - 8} y1={y} y2={y} />
            ))}
            {alive.map(({ from, to }) => (
              <g key={from}>
                <line className="lab-line lab-line--session" x1={from} x2={to} y1={SERVER} y2={SERVER} />
                <line className="lab-line lab-line--browser" x1={from} x2={to} y1={TOP} y2={TOP} />
              </g>
            ))}
            {copied.map(({ from, to }) => (
              <line
                key={from}
                className="lab-line lab-line--thief"
                x1={from}
                x2={to}
                y1={BOTTOM}
                y2={BOTTOM}
              />
            ))}
            {places.map((place) => (
              <Marks key={place.column.key} place={place} selected={place.column.key === selected} />
            ))}
          </svg>
          <ol className="lab-columns">
            {places.map(({ column, x, width: wide }) => (
              <li key={column.key}>
                <button
                  type="button"
                  className="lab-column"
                  aria-pressed={column.key === selected}
                  style={{ left: x - wide / 2 + 2, width: wide - 4 }}
                  onClick={() => onSelect(column.key)}
                >
                  <span className="visually-hidden">{inWords(column).title}</span>
                </button>
              </li>
            ))}
          </ol>
        </div>
      </section>
    </div>
  );
}

const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

const holding = (generation: number | null): string =>
  generation === null ? "holds nothing" : `holds #${generation}`;

function standsAt(columns: readonly Column[], signedIn: boolean): string {
  if (!signedIn) return "over";
  const last = columns.findLast((column) => column.kind === "refresh" || column.kind === "login");
  if (last?.kind !== "refresh") return "at #0";
  return `at #${last.events.at(-1)?.stands ?? 0}`;
}
