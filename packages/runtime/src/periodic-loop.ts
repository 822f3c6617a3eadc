import { type BackoffOptions, backoffDelayMs } from "./backoff.ts";
import { type Clock, sleep } from "./clock.ts";
import { withDeadline } from "./deadline.ts";
import { createDeferred } from "./deferred.ts";
import { invariant, runtimeErrors } from "./errors.ts";
import { PULSE_GRACE_MS, type Pulse } from "./pulse.ts";
import type { Service } from "./service.ts";

export interface PeriodicLoopOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Time between the starts of two runs. */
  readonly intervalMs: number;
  /** Longest time one run may take; it is given up then. */
  readonly deadlineMs: number;
  /** Upper bound of the delay before the first run, drawn at random. @default 0 */
  readonly firstDelayMaxMs?: number;
  /** Delay after a failed run, never longer than the interval. @default the interval */
  readonly backoff?: BackoffOptions;
  /**
   * One run. Its signal aborts at the deadline and when the loop stops; it should end then. One that does not
   * holds up the runs after it, each of which is reported as failed, and the end of the loop.
   */
  work(signal: AbortSignal): Promise<void>;
  /** Told of every failed run: the place to log it. `failures` counts those in a row. */
  onError(error: unknown, failures: number): void;
}

/**
 * Work done again and again, never twice at a time. As a {@link Pulse} it turns when a run begins and when one ends; a run
 * that was given up and never ends is what it is stuck in.
 */
export interface PeriodicLoop extends Service, Pulse {
  /** Wall time of the end of the last good run; `undefined` before it. */
  readonly lastSuccessAt: number | undefined;
  /** Starts the next run now; while one is under way, one more follows it. */
  trigger(): void;
}

/** Creates a loop that calls `work` every interval until stopped; a failure never ends it. */
export function createPeriodicLoop(options: PeriodicLoopOptions): PeriodicLoop {
  const { name, clock, random, intervalMs, deadlineMs } = options;
  invariant(intervalMs > 0, `${name}: the interval is above zero`);
  invariant(deadlineMs > 0, `${name}: the deadline is above zero`);
  let lastSuccessAt: number | undefined;
  let turnedMono: number | undefined;
  /** Settles when the run under way has really ended, which can be later than it was given up. */
  let underWay: Promise<void> | undefined;
  let triggered = false;
  let wake = () => {};

  const pause = async (delayMs: number, signal: AbortSignal) => {
    if (!triggered && !signal.aborted) {
      const nap = new AbortController();
      const end = () => nap.abort();
      wake = end;
      signal.addEventListener("abort", end, { once: true });
      await sleep(clock, delayMs, nap.signal);
      signal.removeEventListener("abort", end);
      wake = () => {};
    }
    triggered = false;
  };

  const work = async (signal: AbortSignal) => {
    const ended = createDeferred();
    turnedMono = clock.monoMs();
    underWay = ended.promise;
    try {
      await options.work(signal);
    } finally {
      underWay = undefined;
      turnedMono = clock.monoMs();
      ended.resolve();
    }
  };

  return {
    name,
    maxPauseMs: Math.max(intervalMs, options.firstDelayMaxMs ?? 0) + deadlineMs + PULSE_GRACE_MS,
    get lastSuccessAt() {
      return lastSuccessAt;
    },
    get turnedMono() {
      return turnedMono;
    },
    trigger() {
      triggered = true;
      wake();
    },
    async run(signal) {
      await pause(random() * (options.firstDelayMaxMs ?? 0), signal);
      let failures = 0;
      while (!signal.aborted) {
        const startedMono = clock.monoMs();
        let delayMs = intervalMs;
        try {
          if (underWay) {
            throw runtimeErrors.create("DEADLINE_EXCEEDED", `${name}: the last run was given up and is still going`);
          }
          await withDeadline({ clock, timeoutMs: deadlineMs, what: name, signal }, work);
          lastSuccessAt = clock.wallMs();
          failures = 0;
        } catch (error) {
          if (signal.aborted) break;
          failures += 1;
          options.onError(error, failures);
          if (options.backoff) delayMs = Math.min(intervalMs, backoffDelayMs(failures, options.backoff, random));
        }
        const elapsedMs = failures === 0 ? clock.monoMs() - startedMono : 0;
        await pause(Math.max(0, delayMs - elapsedMs), signal);
      }
      await underWay;
    },
  };
}
