import type { Metrics, Sample } from "@fleet/ops";
import type { Elector } from "./elector.ts";
import type { LeaseEvents } from "./lease-status.ts";

/** Upper bounds in seconds: a renew takes a millisecond, a leader change of the stream seconds. */
const RENEW_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5];

const NO_SERIES: readonly Sample<"lease">[] = [];

/** The metrics of one candidacy. */
export interface LeaseMetrics {
  /** To be given to the elector. */
  readonly events: LeaseEvents;
}

/**
 * Registers the metrics of a lease. `elector` is asked at every scrape; it is made after its metrics, because it feeds
 * them.
 */
export function registerLeaseMetrics(metrics: Metrics, lease: string, elector: () => Elector): LeaseMetrics {
  const labels = { lease };
  const holder = () => {
    const { standing } = elector();
    return standing.role === "holder" ? standing : undefined;
  };
  /**
   * Reads a metric whose only series, if any, is that of the lease. It is made once: a scrape makes none. `readEach` would do it too, but
   * `fleet lease list` would load all metrics with it.
   */
  const readLease = (read: () => number | undefined) => {
    const sample = { labels, value: 0 };
    const only = [sample];
    return (): readonly Sample<"lease">[] => {
      const value = read();
      if (value === undefined) return NO_SERIES;
      sample.value = value;
      return only;
    };
  };

  metrics.computedGauge(
    "lease_held",
    "1 while this process holds the lease, 0 otherwise.",
    readLease(() => (holder() ? 1 : 0)),
    ["lease"],
  );
  metrics.computedGauge(
    "lease_term",
    "Fencing token of this process's term; absent while it does not hold the lease.",
    readLease(() => holder()?.term),
    ["lease"],
  );
  metrics.computedGauge(
    "lease_last_renew_timestamp_seconds",
    "Unix time of the last good renew; absent while this process does not hold the lease.",
    readLease(() => {
      const renewedAt = holder()?.renewedAt;
      return renewedAt === undefined ? undefined : renewedAt / 1_000;
    }),
    ["lease"],
  );
  const transitions = metrics.counter(
    "lease_transitions_total",
    "Times this process began or ended to hold the lease.",
    ["lease"],
  );
  transitions.inc(labels, 0);
  const renews = metrics.histogram(
    "lease_renew_duration_seconds",
    "Time to the answer to a renew of the lease, good or bad.",
    RENEW_SECONDS,
    ["lease"],
  );
  return {
    events: {
      onAcquired: () => transitions.inc(labels),
      onEnded: () => transitions.inc(labels),
      onRenew: (durationMs) => renews.observe(labels, durationMs / 1_000),
    },
  };
}
