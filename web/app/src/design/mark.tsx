import type { ReactNode } from "react";

/** The sign of Keyturn: a keyhole, and a quarter turn. */
export function Mark({ size = 28 }: { readonly size?: number }): ReactNode {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b6454" />
      <path
        d="M26.5 16A10.5 10.5 0 1 1 16 5.5"
        fill="none"
        stroke="#fff"
        strokeOpacity="0.38"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
      <path
        d="M16 5.5A10.5 10.5 0 0 1 26.5 16"
        fill="none"
        stroke="#e3b968"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
      <path d="M16 10.8a3.3 3.3 0 0 1 1.6 6.18l1.1 4.22h-5.4l1.1-4.22A3.3 3.3 0 0 1 16 10.8Z" fill="#fff" />
    </svg>
  );
}
