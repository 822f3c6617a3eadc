import { type Connection, createBucket } from "@fleet/bus";
import type { Check, Metrics } from "@fleet/ops";
import { createHeartbeatListener, createMarkerSweeper, createPeelCounter } from "@fleet/presence";
import { type Clock, createServiceGroup, createThrottle, isFleetError, type Logger, messageOf } from "@fleet/runtime";
import { FACTS_BUCKET, HEARTBEAT_BUCKET, MALFORMED_REASONS } from "@fleet/wire";
import type { BucketKeeper } from "./bucket-keeper.ts";
import type { Subsystem } from "./subsystem.ts";

export interface PresenceSubsystemParts {
  readonly connection: Connection;
  readonly keeper: Pick<BucketKeeper, "look" | "problemsOf">;
  readonly countIntervalMs: number;
  readonly stopTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** A count this many intervals old is no longer to be relied on. */
const STALE_INTERVALS = 3;

/** Knows how many peels are connected. */
export function createPresenceSubsystem(parts: PresenceSubsystemParts): Subsystem {
  const { connection, keeper, countIntervalMs, clock, random, logger } = parts;
  const bucket = createBucket(connection, HEARTBEAT_BUCKET);
  const throttle = createThrottle(clock, 60_000);

  const sweeper = createMarkerSweeper({ bucket, clock, logger, onSwept: () => counter.refresh() });
  const listener = createHeartbeatListener({
    bucket,
    clock,
    logger,
    onLeave: (key) => sweeper.heard(key),
    onFirstBeat: () => counter.refresh(),
  });
  const counter = createPeelCounter({
    bucket,
    intervalMs: countIntervalMs,
    clock,
    random,
    markers: () => sweeper.outstanding,
    onError(error) {
      if (connection.state !== "connected") return;
      logger.debug("connected-peels count failed; keeping last gauge value", { error: messageOf(error) });
      if (isFleetError(error, "BUCKET_MISSING")) {
        // A fresh broker has none: the keeper makes it, or says what keeps it from that.
        keeper.look();
        return;
      }
      throttle.run(() => logger.warn("peels not counted; keeping the last count", { error: messageOf(error) }));
    },
  });

  const check: Check = {
    name: "presence",
    run() {
      const problems = keeper.problemsOf(HEARTBEAT_BUCKET, FACTS_BUCKET);
      const { ageMs } = counter;
      if (ageMs === undefined) {
        return { status: "down", message: ["the peels have not been counted yet", ...problems].join("; ") };
      }
      const stale = ageMs > STALE_INTERVALS * countIntervalMs;
      const reasons = [...(stale ? [`the count is ${Math.round(ageMs / 1_000)}s old`] : []), ...problems];
      return reasons.length > 0 ? { status: "degraded", message: reasons.join("; ") } : { status: "ok" };
    },
  };

  const group = createServiceGroup({
    name: "presence",
    clock,
    members: [sweeper, listener, counter],
    stopTimeoutMs: parts.stopTimeoutMs,
  });

  return {
    name: group.name,
    checks: [check],
    async run(signal) {
      const stopListening = connection.onState((state) => {
        if (state === "connected") counter.refresh();
      });
      await group.run(signal);
      stopListening();
    },
    registerMetrics(metrics: Metrics) {
      metrics.computedGauge(
        "connected_peels",
        "Live peels: keys of the heartbeat bucket less delete markers, as of the last good count.",
        () => counter.count,
      );
      metrics.computedGauge(
        "presence_last_refresh_timestamp_seconds",
        "Unix time of the last good count of the peels; absent before the first.",
        () => (counter.refreshedAt === undefined ? undefined : counter.refreshedAt / 1_000),
      );
      metrics.computedCounter(
        "heartbeats_malformed_total",
        "Values in the heartbeat bucket that are not a beat, by what is wrong with them.",
        () => MALFORMED_REASONS.map((reason) => ({ labels: { reason }, value: listener.malformed[reason] })),
        ["reason"],
      );
    },
  };
}
