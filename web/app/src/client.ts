import { createClient } from "@keyturn/client";

/** The server says in the reader's own choice of language what it says in words, in its mails too. */
const inReadersLanguage: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers ?? (input as Request).headers);
  if (!headers.has("Accept-Language")) headers.set("Accept-Language", document.documentElement.lang);
  return fetch(input, { ...init, headers });
};

/** The one client of this page: the server is where the page comes from. */
export const client = createClient({ baseUrl: "", fetch: inReadersLanguage });
