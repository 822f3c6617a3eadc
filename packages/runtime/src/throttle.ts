import type { Clock } from "./clock.ts";

/** Lets something through at most once per period and counts what it held back. */
export interface Throttle {
  /** Calls `action` with the number of calls held back since the last one, or holds this one back. */
  run(action: (heldBack: number) => void): void;
}

/** Creates a {@link Throttle}: the way a warning that would repeat is written once a minute with a count. */
export function createThrottle(clock: Clock, periodMs: number): Throttle {
  let openFromMono = Number.NEGATIVE_INFINITY;
  let heldBack = 0;
  return {
    run(action) {
      const nowMono = clock.monoMs();
      if (nowMono < openFromMono) {
        heldBack += 1;
        return;
      }
      openFromMono = nowMono + periodMs;
      const count = heldBack;
      heldBack = 0;
      action(count);
    },
  };
}
