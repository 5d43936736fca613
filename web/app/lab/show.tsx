import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Lab } from "./lab";

/** Draw the lab. */
export function show(): void {
  const place = document.getElementById("lab");
  if (place)
    createRoot(place).render(
      <StrictMode>
        <Lab />
      </StrictMode>,
    );
}
