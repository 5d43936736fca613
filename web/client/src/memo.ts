/**
 * What a reload must not forget, and anybody may read: never a token. It is in localStorage where that is at hand, so
 * that all tabs see it, and in memory elsewhere.
 */
export interface Memo {
  /** The session that was there last: what to believe while the server cannot be asked. */
  readonly sid?: string;
  /** Whether it needs the DPoP key. A refresh without that key would look like a thief's. */
  readonly bound?: boolean;
  /** A sign-out that the server has not heard of yet, of all sessions where it is "*". Until then nothing is refreshed. */
  readonly out?: "!" | "*";
}

export interface Memory {
  read(): Memo;
  write(memo: Memo): void;
}

/** Keep a memo under this name. */
export function memory(name: string, shared: boolean): Memory {
  let kept: Memo = {};
  return {
    read() {
      try {
        const text = shared && localStorage.getItem(name);
        // Nothing there: the page has cleared it all, which undoes no sign-out.
        if (text) kept = Object(JSON.parse(text)) as Memo;
      } catch {
        // Storage is disabled.
      }
      return kept;
    },
    write(memo) {
      kept = memo;
      try {
        if (shared) localStorage.setItem(name, JSON.stringify(memo));
      } catch {
        // Storage is disabled or full: memory has it.
      }
    },
  };
}
