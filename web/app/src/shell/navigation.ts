/** Whether the page on screen was reached from another page of the app, and not by opening or reloading it. */
let moved = false;

export const cameByLink = (): boolean => moved;

/** Called by the router at every change of pages. */
export function noteMove(): void {
  moved = true;
}
