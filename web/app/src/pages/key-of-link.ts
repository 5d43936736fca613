/**
 * The key of a mail's link, taken out of the address at once, so that it stays in no history, no screenshot and no
 * `Referer`. It is kept in the page's memory alone; a reload asks for the mail's link again.
 */
const taken = new Map<string, string>();

/** @returns the key, or null where the page was not opened by a link. */
export function takeKeyOfLink(): string | null {
  const url = new URL(window.location.href);
  const key = url.searchParams.get("key");
  if (key !== null && key !== "") {
    taken.set(url.pathname, key);
    url.searchParams.delete("key");
    window.history.replaceState(window.history.state, "", url.pathname + url.search + url.hash);
  }
  return taken.get(url.pathname) ?? null;
}

/** It was used, or is of no use. */
export function forgetKeyOfLink(): void {
  taken.delete(window.location.pathname);
}
