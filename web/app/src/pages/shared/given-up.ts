import { KeyturnError } from "@keyturn/client";

/** Whether the reader closed the question of who they are: nothing was done, and nothing has to be said. */
export const gaveUp = (error: unknown): boolean =>
  error instanceof KeyturnError && error.reason === "reauthentication_required";
