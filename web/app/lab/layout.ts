/** Where the picture's columns lie, in pixels. Pure. */
import type { Column } from "./story";

export const TOP = 84;
export const SERVER = 190;
export const BOTTOM = 296;
export const HEIGHT = 364;
/** Room at the left for the names of the lines. */
export const MARGIN = 156;

export interface Placed {
  readonly column: Column;
  /** The middle. */
  readonly x: number;
  readonly width: number;
}

function widthOf(column: Column): number {
  switch (column.kind) {
    case "clock":
    case "offline":
    case "online":
    case "keys":
      return 84;
    case "refresh":
      return column.events.length > 1 ? 172 : 124;
    case "refused":
      return 132;
    default:
      return 108;
  }
}

/** Set the columns side by side. */
export function placed(columns: readonly Column[]): {
  readonly places: readonly Placed[];
  readonly width: number;
} {
  let left = MARGIN;
  const places = columns.map((column) => {
    const width = widthOf(column);
    left += width;
    return { column, width, x: left - width / 2 };
  });
  return { places, width: left + 24 };
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The stretches between a beginning and an end, as from `offline` to `online`; an open one goes on to the edge. */
export function spans(
  places: readonly Placed[],
  edge: number,
  begins: (column: Column) => boolean,
  ends: (column: Column) => boolean,
): readonly Span[] {
  const found: Span[] = [];
  let from: number | null = null;
  for (const { column, x } of places) {
    if (from !== null && ends(column)) {
      found.push({ from, to: x });
      from = null;
    }
    if (begins(column)) from ??= x;
  }
  if (from !== null) found.push({ from, to: edge });
  return found;
}
