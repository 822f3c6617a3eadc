import { aborted, type Clock, sleep } from "@fleet/runtime";
import type { Readiness } from "./readiness.ts";

const LOOK_EVERY_MS = 1_000;

/**
 * Looks at the checks until the process has started, so that this does not hang on who asks when, or until `signal`
 * aborts.
 */
export async function watchStartup(readiness: Readiness, clock: Clock, signal: AbortSignal): Promise<void> {
  const stop = aborted(signal);
  while (!signal.aborted) {
    await Promise.race([readiness.report(), stop]);
    if (readiness.phase !== "starting") return;
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
}
