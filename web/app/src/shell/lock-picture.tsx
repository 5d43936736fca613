import type { ReactNode } from "react";

const RINGS = [
  { radius: 318, pins: 72, depth: 10 },
  { radius: 268, pins: 48, depth: 16 },
  { radius: 214, pins: 36, depth: 12 },
] as const;

/** A lock's cylinder from the front, a quarter turn under way. */
export function LockPicture(): ReactNode {
  return (
    <svg className="lock-picture" viewBox="-360 -360 720 720" aria-hidden="true" focusable="false">
      {RINGS.map(({ radius, pins, depth }, at) => (
        <g key={radius} className={`lock-picture__ring lock-picture__ring--${at}`}>
          <circle r={radius} fill="none" stroke="currentColor" strokeOpacity="0.22" />
          <circle
            r={radius - depth / 2 - 5}
            fill="none"
            stroke="currentColor"
            strokeOpacity={0.16 + at * 0.08}
            strokeWidth={depth}
            strokeDasharray={`2 ${((2 * Math.PI * (radius - depth / 2 - 5)) / pins - 2).toFixed(3)}`}
          />
        </g>
      ))}
      <circle r="156" fill="none" stroke="currentColor" strokeOpacity="0.3" strokeWidth="1.5" />
      <path
        className="lock-picture__turn"
        pathLength="1"
        d="M0 -156A156 156 0 0 1 156 0"
        fill="none"
        stroke="var(--picture-brass)"
        strokeWidth="9"
        strokeLinecap="round"
      />
      <circle cx="156" cy="0" r="11" fill="var(--picture-brass)" />
      <circle cx="0" cy="-156" r="5" fill="var(--picture-brass)" />
      <circle r="104" fill="currentColor" fillOpacity="0.06" />
      <g className="lock-picture__hole">
        <path
          d="M0 -56A30 30 0 0 1 13.5 0.8L24 50a6 6 0 0 1 -6 7H-18a6 6 0 0 1 -6 -7L-13.5 0.8A30 30 0 0 1 0 -56Z"
          fill="currentColor"
        />
      </g>
    </svg>
  );
}
