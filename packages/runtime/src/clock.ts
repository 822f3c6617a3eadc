import { invariant } from "./errors.ts";

/** Time, passed in so that tests can own it. */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. It can jump; only ever show it, never measure with it. */
  wallMs(): number;
  /** Monotonic time in milliseconds from an arbitrary start. Stands still while the machine is suspended. */
  monoMs(): number;
  /** Calls `callback` once, `delayMs` from now at the earliest. The function returned cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

/** Longest delay Node's timers take (2^31 - 1 ms, 24.8 days); they fire at once if given a longer one. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's own clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  setTimer(delayMs, callback) {
    invariant(!Number.isNaN(delayMs), "a timer's delay is a number");
    const dueMono = performance.now() + delayMs;
    let timer: NodeJS.Timeout;
    // Node's timers keep time in whole milliseconds and fire up to one too early, so whoever fires looks again.
    const arm = () => {
      const leftMs = Math.max(0, Math.ceil(dueMono - performance.now()));
      timer = setTimeout(() => (performance.now() < dueMono ? arm() : callback()), Math.min(leftMs, MAX_TIMER_MS));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or early when `signal` aborts: look at `signal.aborted` afterwards. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      cancel();
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.setTimer(delayMs, wake);
    signal?.addEventListener("abort", wake, { once: true });
  });
}

/** Resolves when `signal` aborts. It listens until then: call it once per signal, not in a loop. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
