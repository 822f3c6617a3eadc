import type { Connection } from "@fleet/bus";
import { type Metrics, registerTransportMetrics } from "@fleet/ops";
import type { BeatOutcome, HeartbeatPublisher } from "@fleet/presence/peel";
import type { Clock } from "@fleet/runtime";

/** Upper bounds in seconds: a beat takes a fraction of a millisecond, and at most a quarter of the interval. */
const BEAT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Counters of a peel that others feed. */
export interface PeelMetrics {
  recordBeat(outcome: BeatOutcome): void;
}

export interface PeelMetricsParts {
  readonly metrics: Metrics;
  readonly connection: Pick<Connection, "state" | "counters">;
  /** The publisher, which is made after its metrics. */
  readonly heartbeat: () => Pick<HeartbeatPublisher, "lastSuccessAt">;
  readonly clock: Clock;
}

/** Registers the metrics of a peel. */
export function registerPeelMetrics({ metrics, connection, heartbeat, clock }: PeelMetricsParts): PeelMetrics {
  const startedMono = clock.monoMs();
  registerTransportMetrics(metrics, connection.counters);
  metrics.computedGauge("peel_connected", "1 while the NATS connection is up, 0 otherwise.", () =>
    connection.state === "connected" ? 1 : 0,
  );
  metrics.computedGauge(
    "peel_uptime_seconds",
    "Time since the peel process began.",
    () => (clock.monoMs() - startedMono) / 1_000,
  );
  metrics.computedGauge(
    "peel_heartbeat_last_success_timestamp_seconds",
    "Unix time of the last acknowledged heartbeat; absent before the first.",
    () => {
      const { lastSuccessAt } = heartbeat();
      return lastSuccessAt === undefined ? undefined : lastSuccessAt / 1_000;
    },
  );
  const beats = metrics.counter("peel_heartbeats_total", "Heartbeats sent, by result: ok or failed.", ["result"]);
  beats.inc({ result: "ok" }, 0);
  beats.inc({ result: "failed" }, 0);
  const seconds = metrics.histogram(
    "peel_heartbeat_duration_seconds",
    "Time from sending a heartbeat to its acknowledgement or failure.",
    BEAT_SECONDS,
  );
  return {
    recordBeat({ result, durationMs }) {
      beats.inc({ result });
      seconds.observe(durationMs / 1_000);
    },
  };
}
