/** The lab's page, or one of the tabs that it opens as frames. */
import { playTab } from "./tabs";

if (new URLSearchParams(location.search).has("tab")) {
  if (parent !== window) playTab();
} else {
  const { show } = await import("./show");
  show();
}
