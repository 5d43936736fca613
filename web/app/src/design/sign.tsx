import type { ReactNode } from "react";

/** The few that the first page needs; `Icon` has all of them. Drawn on a square of 24, with a line 1.75 wide. */
export const SIGNS = {
  "check-circle": "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM8.5 12.200l2.5 2.5 4.5-5",
  info: "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 11v5M12 8h.01",
  alert: "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7.500v5.500M12 16h.01",
  warning: "M12 4.5 3.5 19.500h17zM12 10v4.500M12 17h.01",
  globe:
    "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM3.5 12h17M12 3.500c2.3 2.3 3.5 5.1 3.5 8.500s-1.2 6.2-3.5 8.500c-2.3-2.3-3.5-5.1-3.5-8.500s1.2-6.2 3.5-8.500Z",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  back: "M19 12H5M10.5 6.5 5 12l5.5 5.5",
} as const;

interface ShapeProps {
  readonly shape: string;
  readonly size: number;
}

/** A picture beside words that say the same: it is hidden from screen readers. */
export function Shape({ shape, size }: ShapeProps): ReactNode {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={shape} />
    </svg>
  );
}

export type SignName = keyof typeof SIGNS;

interface SignProps {
  readonly name: SignName;
  /** In pixels; 20 unless told. */
  readonly size?: number;
}

export function Sign({ name, size = 20 }: SignProps): ReactNode {
  return <Shape shape={SIGNS[name]} size={size} />;
}
