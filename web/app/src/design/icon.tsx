import type { ReactNode } from "react";
import { Shape, SIGNS } from "./sign";

const SHAPES = {
  ...SIGNS,
  home: "M4 10.5 12 4l8 6.500V19a1 1 0 0 1-1 1h-4.500v-5.500h-5V20H5a1 1 0 0 1-1-1z",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8a7.5 7.5 0 0 1 15 0",
  shield: "M12 3.5 5 6v5.500c0 4.3 2.9 7.4 7 9 4.1-1.6 7-4.7 7-9V6zM9 12l2.2 2.200L15.2 10",
  activity: "M3.5 12H7l3-7.5 4 15 3-7.500h3.5",
  computer:
    "M4.5 5h15a1 1 0 0 1 1 1v9.500a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM9 20h6M12 16.500V20",
  phone:
    "M8 3h8a1.5 1.5 0 0 1 1.5 1.500v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.500v-15A1.5 1.5 0 0 1 8 3Zm3 15h2",
  tablet:
    "M6 3.500h12a1.5 1.5 0 0 1 1.5 1.500v14a1.5 1.5 0 0 1-1.5 1.500H6A1.5 1.5 0 0 1 4.5 19V5A1.5 1.5 0 0 1 6 3.500ZM11 17.500h2",
  terminal:
    "M4.5 4.500h15a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1ZM7.5 9l3 3-3 3M12.5 15.500h4",
  key: "M14.5 13.500a5 5 0 1 0-4-4L4 16v4h4v-2.500h2.500V15H13zM16.5 7.500h.01",
  passkey:
    "M9.500 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM3 20a6.5 6.500 0 0 1 9-6M17.500 14a2.500 2.500 0 1 0-1.200-4.700 2.500 2.500 0 0 0 1.200 4.700ZM17.500 14v6.500M17.500 18h2",
  plus: "M12 5v14M5 12h14",
  link: "M10 14a4 4 0 0 0 5.700 0l3.100-3.100a4 4 0 0 0-5.700-5.700L12 6.300M14 10a4 4 0 0 0-5.700 0l-3.100 3.100a4 4 0 0 0 5.700 5.700L12 17.700",
  lock: "M6.5 11h11a1 1 0 0 1 1 1v7.500a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V12a1 1 0 0 1 1-1ZM8.5 11V7.500a3.5 3.5 0 0 1 7 0V11",
  mail: "M4.5 5.500h15a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1ZM4 7l8 6 8-6",
  pencil: "M4.5 19.5 5.5 15.5 16 5l3 3L8.5 18.500zM13.5 7.500l3 3",
  trash: "M5 7h14M10 7V4.500h4V7M7 7l.8 12.500h8.400L17 7M10.5 11v5M13.5 11v5",
  download: "M12 4v11M7.5 11l4.5 4.500L16.5 11M5 19.500h14",
  leave:
    "M13.5 8V5.500a1 1 0 0 0-1-1h-7a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1V16M9.5 12h11M17 8.500l3.5 3.5-3.5 3.5",
  enter:
    "M10.5 8V5.500a1 1 0 0 1 1-1h7a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1V16M3.5 12h11M11 8.500l3.5 3.5-3.500 3.500",
  blocked: "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM6 6l12 12",
  check: "M5 12.5 10 17.5 19.5 7",
  offline:
    "M4 4l16 16M8.5 16a5 5 0 0 1 6 -.500M5 12.500a10 10 0 0 1 4.5-2.500M14.5 10a10 10 0 0 1 4.5 2.500M2.5 9A14 14 0 0 1 6 6.700M10.5 5.600A14 14 0 0 1 21.5 9M12 19.500h.01",
  flask: "M9.5 3.500h5M10.5 3.500V10L5 19a1 1 0 0 0 .9 1.500h12.200A1 1 0 0 0 19 19l-5.5-9V3.500M8 15h8",
  book: "M5 5a1.5 1.5 0 0 1 1.5-1.500H19v13.500H6.500A1.5 1.5 0 0 0 5 18.500zM5 18.500A1.5 1.5 0 0 0 6.5 20.500H19V17",
  gear: "M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h7M15 17h5M13 15v4",
  forward: "M5 12h14M13.5 6.5 19 12l-5.5 5.5",
  down: "M6.5 9.5 12 15l5.5-5.5",
  close: "M6 6l12 12M18 6 6 18",
} as const;

export type IconName = keyof typeof SHAPES;

interface IconProps {
  readonly name: IconName;
  /** In pixels; 20 unless told. */
  readonly size?: number;
}

/** A picture beside words that say the same: it is hidden from screen readers. */
export function Icon({ name, size = 20 }: IconProps): ReactNode {
  return <Shape shape={SHAPES[name]} size={size} />;
}
