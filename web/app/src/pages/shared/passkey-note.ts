import { recall, remember } from "../../memory";

/** Notes that this browser knows a passkey of this site: next time it is offered without waiting. */
export const notePasskey = (): void => remember("passkey", "yes");

export const knowsPasskey = (): boolean => recall("passkey") !== null;
