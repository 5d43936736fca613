/** In which order sessions are shown: this device first, then the one used last. */
import type { SessionInfo } from "@keyturn/client";

export function inOrder(sessions: readonly SessionInfo[]): readonly SessionInfo[] {
  return [...sessions].sort(
    (a, b) =>
      Number(b.current) - Number(a.current) ||
      b.last_used_at.localeCompare(a.last_used_at) ||
      b.created_at.localeCompare(a.created_at),
  );
}
