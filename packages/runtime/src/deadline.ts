import type { Clock } from "./clock.ts";
import { formatDuration } from "./duration.ts";
import { runtimeErrors } from "./errors.ts";

/** What bounds one call. */
export interface DeadlineOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What is being done, for the error message: "count the keys". */
  readonly what: string;
  /** Ends the call early. */
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` and settles when it does, or rejects with `DEADLINE_EXCEEDED` after `timeoutMs`, or with the
 * parent's abort reason, whichever is first. `work` gets a signal that aborts in both cases; if it
 * ignores that, its late outcome is dropped.
 */
export function withDeadline<T>(options: DeadlineOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, timeoutMs, what, signal: parent } = options;
  if (parent?.aborted) return Promise.reject(parent.reason);
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const giveUp = (reason: unknown) => {
      release();
      controller.abort(reason);
      reject(reason);
    };
    const onAbort = () => giveUp(parent?.reason);
    const cancelTimer = clock.setTimer(timeoutMs, () =>
      giveUp(runtimeErrors.create("DEADLINE_EXCEEDED", `${what}: no result within ${formatDuration(timeoutMs)}`)),
    );
    const release = () => {
      cancelTimer();
      parent?.removeEventListener("abort", onAbort);
    };
    parent?.addEventListener("abort", onAbort, { once: true });
    // In an async function, so that work which throws at once releases the timer like work which rejects.
    (async () => work(controller.signal))().then(
      (value) => {
        release();
        resolve(value);
      },
      (error) => {
        release();
        reject(error);
      },
    );
  });
}
