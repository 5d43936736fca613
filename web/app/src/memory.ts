/**
 * The reader's own choices (language, colours), kept in localStorage. Never anything that could sign somebody in. Where
 * the browser keeps nothing, the choice lasts as long as the page.
 */
const forThisPage = new Map<string, string>();

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`keyturn:${name}`) ?? forThisPage.get(name) ?? null;
  } catch {
    return forThisPage.get(name) ?? null;
  }
}

export function remember(name: string, value: string): void {
  forThisPage.set(name, value);
  try {
    localStorage.setItem(`keyturn:${name}`, value);
  } catch {
    // Storage is disabled or full.
  }
}
