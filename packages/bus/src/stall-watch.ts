import type { Clock } from "@fleet/runtime";

/** Every look wakes a process that is at rest. */
const LOOK_EVERY_MS = 1_000;
const STALL_MS = 1_000;

/**
 * Calls `onStall` when the event loop was held up for more than a second: always from two seconds on, for it looks once a
 * second. The function returned ends it.
 */
export function watchForStalls(clock: Clock, onStall: () => void): () => void {
  let cancel = () => {};
  const arm = () => {
    const dueMono = clock.monoMs() + LOOK_EVERY_MS;
    cancel = clock.setTimer(LOOK_EVERY_MS, () => {
      if (clock.monoMs() - dueMono > STALL_MS) onStall();
      arm();
    });
  };
  arm();
  return () => cancel();
}
