/** What the picture draws for one column. */
import type { ReactNode } from "react";
import { BOTTOM, HEIGHT, type Placed, SERVER, TOP } from "./layout";
import type { Column } from "./story";
import { inWords } from "./words";

const NODE = 19;
const CHIP = 15;

interface MarksProps {
  readonly place: Placed;
  readonly selected: boolean;
}

export function Marks({ place, selected }: MarksProps): ReactNode {
  const { column, x, width } = place;
  const { tone, short } = inWords(column);
  return (
    <g className={`lab-marks lab-marks--${tone}`}>
      {selected && (
        <rect
          className="lab-chosen"
          x={x - width / 2 + 3}
          y={8}
          width={width - 6}
          height={HEIGHT - 16}
          rx="12"
        />
      )}
      <Shape column={column} x={x} width={width} short={short} />
    </g>
  );
}

interface ShapeProps {
  readonly column: Column;
  readonly x: number;
  readonly width: number;
  readonly short: string;
}

function Shape({ column, x, width, short }: ShapeProps): ReactNode {
  switch (column.kind) {
    case "refresh":
      return column.events.length > 1 ? (
        <Burst column={column} x={x} width={width} short={short} />
      ) : (
        <Refresh column={column} x={x} short={short} />
      );
    case "login":
      return (
        <>
          <path className="lab-path" pathLength={1} d={`M${x} ${TOP + CHIP}V${SERVER - NODE}`} />
          <Chip x={x} y={TOP} text="#0" />
          <Node x={x} text="0" />
          <Label x={x} y={TOP - 32} text={short} />
        </>
      );
    case "stolen":
      return (
        <>
          <path
            className="lab-path lab-path--copy"
            d={`M${x} ${TOP + CHIP}C${x + 34} ${SERVER - 40} ${x - 34} ${SERVER + 40} ${x} ${BOTTOM - CHIP}`}
          />
          <Chip x={x} y={TOP} text={`#${column.presented}`} faint />
          <Chip x={x} y={BOTTOM} text={`#${column.presented}`} />
          <Label x={x} y={BOTTOM + 40} text={short} />
        </>
      );
    case "ended":
      return (
        <>
          <rect className="lab-stop" x={x - 11} y={SERVER - 11} width={22} height={22} rx={5} />
          <Label x={x} y={SERVER + 42} text={short} />
        </>
      );
    case "refused":
      return (
        <>
          <circle className="lab-no" cx={x} cy={column.lane === "thief" ? BOTTOM : TOP} r={CHIP} />
          <text className="lab-mark-text" x={x} y={(column.lane === "thief" ? BOTTOM : TOP) + 4}>
            401
          </text>
          <Label
            x={x}
            y={column.lane === "thief" ? BOTTOM + 40 : TOP - 32}
            text={column.reason.replaceAll("_", " ")}
          />
        </>
      );
    case "clock":
      return (
        <>
          <line className="lab-time" x1={x} x2={x} y1={34} y2={HEIGHT - 34} />
          <Pill x={x} y={SERVER} text={short} />
        </>
      );
    case "keys":
    case "unavailable":
    case "offline":
    case "online":
      return (
        <Pill x={x} y={column.kind === "offline" || column.kind === "online" ? TOP : SERVER} text={short} />
      );
  }
}

/** One request: down with the token that is shown, back with the one that is answered. */
function Refresh({
  column,
  x,
  short,
}: {
  readonly column: Column & { kind: "refresh" };
  readonly x: number;
  readonly short: string;
}): ReactNode {
  const [event] = column.events;
  const isThief = column.lane === "thief";
  const lane = isThief ? BOTTOM : TOP;
  // Towards the session.
  const way = isThief ? -1 : 1;
  const begin = lane + way * CHIP;
  const end = SERVER - way * NODE;
  const middle = (begin + end) / 2;
  const isAnswered = event.verdict !== "reused" && event.verdict !== "refused";
  const isLost = event.reply === "lost";
  return (
    <>
      <path
        className="lab-path"
        pathLength={1}
        d={`M${x - 32} ${begin}C${x - 32} ${middle} ${x - 8} ${middle} ${x - 8} ${end}`}
      />
      {isAnswered && !isLost && (
        <path
          className="lab-path lab-path--back"
          pathLength={1}
          d={`M${x + 8} ${end}C${x + 8} ${middle} ${x + 32} ${middle} ${x + 32} ${begin}`}
        />
      )}
      {isAnswered && isLost && (
        <>
          <path
            className="lab-path lab-path--lost"
            d={`M${x + 8} ${end}C${x + 8} ${middle + way * 8} ${x + 14} ${middle} ${x + 20} ${middle - way * 2}`}
          />
          <path className="lab-cross" d={`M${x + 15} ${middle - 14}l14 14m0 -14l-14 14`} />
        </>
      )}
      <Chip x={x - 32} y={lane} text={`#${event.presented}`} />
      {isAnswered && !isLost && <Chip x={x + 32} y={lane} text={`#${event.stands ?? "?"}`} />}
      <Node x={x} text={event.verdict === "reused" ? "✕" : String(event.stands ?? "✕")} />
      <Label x={x} y={isThief ? BOTTOM + 40 : TOP - 32} text={short} />
    </>
  );
}

/** Many requests at one instant. */
function Burst({
  column,
  x,
  width,
  short,
}: ShapeProps & { readonly column: Column & { kind: "refresh" } }): ReactNode {
  const [event] = column.events;
  const count = column.events.length;
  const room = width - 44;
  const places = column.events.map((one, index) => ({
    id: one.n,
    turned: one.verdict === "rotated",
    at: x - room / 2 + (count === 1 ? room / 2 : (room * index) / (count - 1)),
  }));
  return (
    <>
      {places.map(({ id, at, turned }) => (
        <path
          key={id}
          className={turned ? "lab-path lab-path--turn" : "lab-path"}
          pathLength={1}
          d={`M${at} ${TOP + 5}C${at} ${(TOP + SERVER) / 2} ${x} ${(TOP + SERVER) / 2} ${x} ${SERVER - NODE}`}
        />
      ))}
      {places.map(({ id, at, turned }) => (
        <circle key={id} className={turned ? "lab-dot lab-dot--turn" : "lab-dot"} cx={at} cy={TOP} r={5} />
      ))}
      <Node x={x} text={String(event.stands ?? "")} />
      <Label x={x} y={TOP - 32} text={short} />
    </>
  );
}

function Chip({
  x,
  y,
  text,
  faint = false,
}: {
  x: number;
  y: number;
  text: string;
  faint?: boolean;
}): ReactNode {
  const width = Math.max(30, 14 + text.length * 8);
  return (
    <g className={faint ? "lab-chip lab-chip--faint" : "lab-chip"}>
      <rect x={x - width / 2} y={y - 12} width={width} height={24} rx={7} />
      <text x={x} y={y + 4.5}>
        {text}
      </text>
    </g>
  );
}

function Node({ x, text }: { x: number; text: string }): ReactNode {
  return (
    <g className="lab-node">
      <circle cx={x} cy={SERVER} r={NODE} />
      <text x={x} y={SERVER + 5}>
        {text}
      </text>
    </g>
  );
}

function Pill({ x, y, text }: { x: number; y: number; text: string }): ReactNode {
  const width = 18 + text.length * 6.6;
  return (
    <g className="lab-pill">
      <rect x={x - width / 2} y={y - 12} width={width} height={24} rx={12} />
      <text x={x} y={y + 4}>
        {text}
      </text>
    </g>
  );
}

function Label({ x, y, text }: { x: number; y: number; text: string }): ReactNode {
  return (
    <text className="lab-label" x={x} y={y}>
      {text}
    </text>
  );
}
