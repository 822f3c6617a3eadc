import type { Clock } from "@fleet/runtime";

const LOOK_EVERY_MS = 500;
const STALL_MS = 1_000;

/** Calls `onStall` each time the event loop was held up for more than a second. The function returned ends it. */
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
