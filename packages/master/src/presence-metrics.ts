import { type Metrics, readEach } from "@fleet/ops";
import {
  type LiveView,
  PEEL_STATES,
  type PeelCounter,
  RESYNC_CAUSES,
  SKEW_EVERY,
  TRANSITION_REASONS,
} from "@fleet/presence";
import { MALFORMED_REASONS } from "@fleet/wire";

export interface PresenceMetricsParts {
  readonly view: LiveView;
  readonly counter: PeelCounter;
  /** Peels that the index has more than the broker's count. */
  readonly drift: () => number;
}

/** Versions that are told by name; the rest are told together. */
const MAX_VERSIONS = 20;
const OTHER_VERSIONS = "other";
const SKEW_BUCKETS = [0.1, 0.5, 1, 5, 10, 60, 3600];

/** Registers what a master knows of its peels. */
export function registerPresenceMetrics(metrics: Metrics, { view, counter, drift }: PresenceMetricsParts): void {
  metrics.computedGauge(
    "connected_peels",
    "Live peels: keys of the heartbeat bucket less delete markers, values that are no beat and peels that crashed, as of the last good count.",
    () => counter.count,
  );
  metrics.computedGauge(
    "peels",
    "Known peels by state, as this master's index has them.",
    readEach("state", PEEL_STATES, (state) => view.counts[state]),
    ["state"],
  );
  metrics.computedGauge(
    "peels_by_version",
    `Connected peels by version of the agent: the ${MAX_VERSIONS} most frequent, and the rest as "${OTHER_VERSIONS}".`,
    () => nameVersions(view.versions),
    ["version"],
  );
  metrics.computedGauge(
    "presence_drift",
    "Connected peels in this master's index less those that the broker counts.",
    drift,
  );
  metrics.computedGauge(
    "presence_valid",
    "Whether this master can see who is connected: 1, or 0 while it keeps what it last knew.",
    () => Number(view.blindness === undefined),
  );
  metrics.computedGauge(
    "presence_last_refresh_timestamp_seconds",
    "Unix time of the last good count of the peels; absent before the first.",
    () => (counter.refreshedAt === undefined ? undefined : counter.refreshedAt / 1_000),
  );
  metrics.computedCounter(
    "presence_resyncs_total",
    "Readings of the whole heartbeat bucket, by cause.",
    readEach("cause", RESYNC_CAUSES, (cause) => view.resyncs.get(cause)),
    ["cause"],
  );
  metrics.computedCounter("heartbeats_received_total", "Beats heard.", () => view.beatsHeard);
  metrics.computedCounter(
    "heartbeats_malformed_total",
    "Values in the heartbeat bucket that are not a beat, by what is wrong with them.",
    readEach("reason", MALFORMED_REASONS, (reason) => view.listener.malformed[reason]),
    ["reason"],
  );
  const transitions = metrics.counter(
    "peel_transitions_total",
    "Changes of peels that this master judged, by reason.",
    ["reason"],
  );
  for (const reason of TRANSITION_REASONS) transitions.inc({ reason }, 0);
  view.onTransition(({ reason }) => transitions.inc({ reason }, 1));
  const skew = metrics.histogram(
    "peel_clock_skew_seconds",
    `How far clocks of peels are from this master's, either way, the way of the beat included; of one beat in ${SKEW_EVERY}.`,
    SKEW_BUCKETS,
  );
  view.sampleClockSkew((skewMs) => skew.observe(Math.abs(skewMs) / 1_000));
}

/** The most frequent versions, and how many peels have another. */
function nameVersions(versions: ReadonlyMap<string, number>): { labels: { version: string }; value: number }[] {
  const counts = [...versions].sort(([, a], [, b]) => b - a);
  const told = new Map(counts.slice(0, MAX_VERSIONS));
  const others = counts.slice(MAX_VERSIONS).reduce((sum, [, count]) => sum + count, 0);
  // A version may be called that: one series is told once.
  if (others > 0) told.set(OTHER_VERSIONS, (told.get(OTHER_VERSIONS) ?? 0) + others);
  return [...told].map(([version, value]) => ({ labels: { version }, value }));
}
