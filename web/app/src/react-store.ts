/** What stands in for wouter’s shim in a build. */
export { useSyncExternalStore } from "react";
