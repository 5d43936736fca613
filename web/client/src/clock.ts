const steady = (): number => globalThis.performance?.now() ?? Date.now();

let passed = 0;
let steadyBefore = steady();
let wallBefore = Date.now();

/**
 * Milliseconds that have passed since some moment: time as it passes, not as a clock shows it. A device's clock may be
 * wrong, may jump, and may stand still while the device sleeps; so of two clocks the one that says that more has passed is
 * believed. A jump can make a token look older than it is (then it is refreshed early), never younger.
 */
export function now(): number {
  const [steadyNow, wallNow] = [steady(), Date.now()];
  passed += Math.max(0, steadyNow - steadyBefore, wallNow - wallBefore);
  [steadyBefore, wallBefore] = [steadyNow, wallNow];
  return passed;
}
