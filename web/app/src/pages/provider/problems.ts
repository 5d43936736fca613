import type { Words } from "../../i18n";

type Sentences = Words["steps"]["provider"]["errors"];

/** By the server's word in `?error=`; what nobody here knows is told in general words. */
const KINDS: Readonly<Record<string, keyof Sentences>> = {
  cancelled: "cancelled",
  access_denied: "cancelled",
  denied: "denied",
  permission_denied: "denied",
  provider_refused: "refused",
  provider_unavailable: "unavailable",
  temporarily_unavailable: "unavailable",
  server_error: "unavailable",
  email_taken: "taken",
  flow_ended: "ended",
  conflict: "ended",
};

/** What went wrong at another service, in a sentence; null where nothing did. */
export function providerProblem(search: string, sentences: Sentences): string | null {
  const word = new URLSearchParams(search).get("error");
  if (word === null) return null;
  return sentences[(Object.hasOwn(KINDS, word) ? KINDS[word] : undefined) ?? "other"];
}
