/** A device as the reader calls it, with its picture. */
import type { IconName } from "../../design";
import { useWords } from "../../i18n";
import { type DeviceKind, deviceOf } from "./device";

const ICONS: Readonly<Record<DeviceKind, IconName>> = {
  computer: "computer",
  phone: "phone",
  tablet: "tablet",
  program: "terminal",
  unknown: "globe",
};

export interface DeviceWords {
  readonly icon: IconName;
  /** "Firefox on Windows", "Unknown device". */
  readonly name: string;
}

/** How to show what the server calls `user_agent`; with the name that the client gave, where it gave one. */
export function useDeviceWords(): (userAgent: string, label?: string) => DeviceWords {
  const { security } = useWords();
  return (userAgent, label = "") => {
    const { kind, browser, system } = deviceOf(userAgent);
    const made = browser === "" ? security.sessions.unknownDevice : security.sessions.device(browser, system);
    return { icon: ICONS[kind], name: label.trim().slice(0, 80) || made };
  };
}
