import { recall, remember } from "../memory";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function chosenTheme(): Theme {
  const kept = recall("theme");
  return THEMES.find((theme) => theme === kept) ?? "system";
}

/** Light or dark from now on; "system" follows the reader's system. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  if (theme !== chosenTheme()) remember("theme", theme);
}
