import type { Bucket, BucketState } from "@fleet/bus";
import { type Clock, createPeriodicLoop, type Pulse, type Service } from "@fleet/runtime";
import { BROKER_LATE_MS } from "./broker-expiry.ts";

export interface PeelCounterParts {
  /** The heartbeat bucket. */
  readonly bucket: Bucket;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Keys that are no connected peel: delete markers, and what else is known of them. */
  readonly others: () => number;
  /** Whether to keep the last count for the moment: what the bucket has cannot be relied on. */
  readonly isHeld?: () => boolean;
  /** Told what the bucket said of itself at every count. */
  readonly onState?: (state: BucketState) => void;
  /** Told of every good count that is taken. */
  readonly onCounted?: (count: number) => void;
  /** Told of every count that failed; the last value stays. */
  readonly onError: (error: unknown) => void;
}

/** How many peels are connected. */
export interface PeelCounter extends Service {
  readonly pulse: Pulse;
  /** The last good count; 0 before the first. */
  readonly count: number;
  /** Wall time of the last good count, ms since the epoch; `undefined` before it. */
  readonly refreshedAt: number | undefined;
  /** Time since the last good count in ms, whatever the wall clock did; `undefined` before it. */
  readonly ageMs: number | undefined;
  /**
   * Counts again, because something has changed: now, or a second after the last count, and a second later once more if by
   * then the broker may not have known of the change. A burst of calls is a few counts.
   */
  refresh(): void;
}

const MAX_DEADLINE_MS = 5_000;
/** Least time between two counts that were asked for. */
const REST_MS = 1_000;

/**
 * Creates a counter: the broker's own number of keys, which costs the same at ten keys and at a million, less the
 * delete markers among them. Counts at once when started, then every interval; an error keeps the last value.
 */
export function createPeelCounter(parts: PeelCounterParts): PeelCounter {
  const { bucket, intervalMs, clock, random, others, isHeld = () => false, onState, onCounted, onError } = parts;
  let count = 0;
  let refreshedMono: number | undefined;
  let refreshedAt: number | undefined;
  let triedMono = Number.NEGATIVE_INFINITY;
  /** When a count was last asked for. */
  let askedMono = Number.NEGATIVE_INFINITY;
  let cancelRefresh: (() => void) | undefined;
  let stopped = false;
  const deadlineMs = Math.min(intervalMs, MAX_DEADLINE_MS);

  const loop = createPeriodicLoop({
    name: "peel-counter",
    clock,
    random,
    intervalMs,
    deadlineMs,
    backoff: { firstMs: 1_000, maxMs: intervalMs },
    async work() {
      triedMono = clock.monoMs();
      const state = await bucket.state({ timeoutMs: deadlineMs });
      onState?.(state);
      if (isHeld() && refreshedMono !== undefined) return;
      count = Math.max(0, state.keys - others());
      refreshedMono = clock.monoMs();
      refreshedAt = clock.wallMs();
      onCounted?.(count);
    },
    onError,
  });

  /** Counts, and goes on as long as what was asked for may be too new to the broker. */
  const countOn = () => {
    loop.trigger();
    const isSettled = clock.monoMs() >= askedMono + BROKER_LATE_MS;
    cancelRefresh = isSettled ? undefined : clock.setTimer(REST_MS, countOn);
  };

  return {
    name: loop.name,
    pulse: loop,
    async run(signal) {
      await loop.run(signal);
      stopped = true;
      cancelRefresh?.();
    },
    get count() {
      return count;
    },
    get refreshedAt() {
      return refreshedAt;
    },
    get ageMs() {
      return refreshedMono === undefined ? undefined : clock.monoMs() - refreshedMono;
    },
    refresh() {
      if (stopped) return;
      askedMono = clock.monoMs();
      if (cancelRefresh) return;
      const waitMs = triedMono + REST_MS - askedMono;
      if (waitMs <= 0) countOn();
      else cancelRefresh = clock.setTimer(waitMs, countOn);
    },
  };
}
