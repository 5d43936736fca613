import { createRoot } from "react-dom/client";
import { client } from "./client";
import { basicWordsOf, startLocale } from "./i18n";
import { basic } from "./i18n/en/basic";
import { App } from "./shell/app";
import "./shell/shell.css";
import { applyTheme, chosenTheme } from "./shell/theme";

applyTheme(chosenTheme());
const root = document.getElementById("app");
if (root === null) throw new Error("The page has no element with the id app.");
const wanted = startLocale(navigator.languages);
// Words that cannot be loaded keep nobody from signing in: English is in the first script.
basicWordsOf(wanted)
  .then((words) => ({ locale: wanted, words }))
  .catch(() => ({ locale: "en" as const, words: basic }))
  .then((first) => createRoot(root).render(<App client={client} first={first} />));
