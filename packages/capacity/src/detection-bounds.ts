/** Longest times from what happens to a peel until a master says so, in ms; of a fleet whose brokers and masters keep up. */
export interface DetectionBounds {
  /** It said goodbye. */
  readonly leftMs: number;
  /** Its connection is gone, its next beat is late, and nobody listens for it. */
  readonly crashedMs: number;
  /** The same where masters hear of connections that end. */
  readonly crashedWithSystemAccountMs: number;
  /** It is connected and does not beat. */
  readonly hungMs: number;
  /** Until another master publishes after one was killed. */
  readonly failoverMs: number;
  /** After a broker restart: longest time for which masters say nothing, and keep what they knew. */
  readonly blindMs: number;
}

/** A beat is late after so many intervals. */
const LATE_INTERVALS = 1.2;
/** A late peel is asked twice, a second apart. */
const PROBES_MS = 2_000;
const MARKER_MS = 100;
const CONNECTION_END_MS = 1_000;
const PAST_TTL_MS = 100;
const LEASE_TTL_MS = 15_000;
const TAKEOVER_MS = 1_000;

/** The bounds at a given interval and TTL; the lease is that of a master that is told nothing else. */
export function detectionBounds({ intervalMs, ttlMs }: { intervalMs: number; ttlMs: number }): DetectionBounds {
  // In any case the TTL ends it, which at short intervals comes first.
  const hungMs = ttlMs + PAST_TTL_MS;
  const crashedMs = Math.min(LATE_INTERVALS * intervalMs + PROBES_MS, hungMs);
  return {
    leftMs: MARKER_MS,
    crashedMs,
    crashedWithSystemAccountMs: Math.min(CONNECTION_END_MS, crashedMs),
    hungMs,
    failoverMs: LEASE_TTL_MS + TAKEOVER_MS,
    blindMs: ttlMs,
  };
}
