import type { ReactNode } from "react";
import { config } from "../config";
import { useBasicWords } from "../i18n";

const ORDER = ["inbox", "lab", "docs", "admin"] as const;

/** The other pages of a development server; nothing in production. */
export function ServerLinks(): ReactNode {
  const { common: words } = useBasicWords();
  const there = ORDER.filter((name) => config.links[name] !== undefined);
  if (!config.development || there.length === 0) return null;
  return (
    <nav className="server-links" aria-label={words.development}>
      <span className="server-links__title" aria-hidden="true">
        {words.development}
      </span>
      <ul className="server-links__list">
        {there.map((name) => (
          <li key={name}>
            <a href={config.links[name]}>{words.links[name]}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
