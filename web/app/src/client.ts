import { createClient } from "@keyturn/client";

/** The one client of this page: the server is where the page comes from. */
export const client = createClient({ baseUrl: "" });
