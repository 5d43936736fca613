import { type ReactNode, useState } from "react";
import { Sign } from "../design";
import { LOCALES, type Locale, useBasicWords, useLocale } from "../i18n";
import { applyTheme, chosenTheme, THEMES, type Theme } from "./theme";

/** Language and colours, at the foot of every page. */
export function Preferences(): ReactNode {
  const { common: words } = useBasicWords();
  const { locale, choose } = useLocale();
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <div className="preferences">
      <label className="preference">
        <Sign name="globe" size={16} />
        <span className="visually-hidden">{words.language}</span>
        <select value={locale} onChange={(event) => choose(event.target.value as Locale)}>
          {Object.entries(LOCALES).map(([tag, name]) => (
            <option key={tag} value={tag} lang={tag}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="preference">
        <Sign name="sun" size={16} />
        <span className="visually-hidden">{words.appearance}</span>
        <select
          value={theme}
          onChange={(event) => {
            const wanted = event.target.value as Theme;
            applyTheme(wanted);
            setTheme(wanted);
          }}
        >
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {words.appearances[one]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
