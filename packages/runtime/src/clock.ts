/** Time, passed in so that tests can own it. */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. It can jump; only ever show it, never measure with it. */
  wallMs(): number;
  /** Monotonic time in milliseconds from an arbitrary start. Stands still while the machine is suspended. */
  monoMs(): number;
  /** Calls `callback` once, `delayMs` from now at the earliest. The function returned cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

/** Longest delay Node's timers take (2^31 - 1 ms, 24.8 days); a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's own clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
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

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
