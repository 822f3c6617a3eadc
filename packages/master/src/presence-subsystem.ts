import { type Connection, createBucket } from "@fleet/bus";
import type { Check } from "@fleet/ops";
import {
  createConnectionSignal,
  createLiveView,
  createMarkerSweeper,
  createPeelCounter,
  createProber,
  createTransitionLog,
  type LiveView,
  readRoster,
} from "@fleet/presence";
import {
  aborted,
  type Clock,
  createServiceGroup,
  createThrottle,
  isFleetError,
  type Logger,
  messageOf,
} from "@fleet/runtime";
import { FACTS_BUCKET, type PresenceNames } from "@fleet/wire";
import type { BucketKeeper } from "./bucket-keeper.ts";
import { registerPresenceMetrics } from "./presence-metrics.ts";
import type { Subsystem } from "./subsystem.ts";

export interface PresenceSubsystemParts {
  readonly connection: Connection;
  /** A connection to the system account, which hears when the connection of a peel ends; runs as part of this. */
  readonly systemConnection: Connection | undefined;
  readonly keeper: Pick<BucketKeeper, "look" | "problemsOf">;
  readonly names: Pick<PresenceNames, "heartbeats" | "roster">;
  readonly heartbeatTtlMs: number;
  readonly heartbeatIntervalMs: number;
  readonly countIntervalMs: number;
  readonly stopTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** The subsystem that knows who is here. */
export interface PresenceSubsystem extends Subsystem {
  readonly view: LiveView;
}

/** A count this many intervals old is no longer to be relied on. */
const STALE_INTERVALS = 3;
/** A difference between the index and the broker's count that is there for so many intervals has a cause. */
const LASTING_INTERVALS = 2;
/** The holder of the publisher lease removes markers as soon as it can have written what they say into the roster. */
const HOLDER_SWEEP_MS = 100;
/** Others do so after this, and up to twice as much again at random. */
const STANDBY_SWEEP_MS = 500;
/** Why connections end, in the words of a server that stops. */
const SERVER_SHUTDOWN = "Server Shutdown";
const ROSTER_TIMEOUT_MS = 60_000;

/** Knows who is connected and who is not, since when and why, and how many there are. */
export function createPresenceSubsystem(parts: PresenceSubsystemParts): PresenceSubsystem {
  const { connection, systemConnection, keeper, names, heartbeatTtlMs, countIntervalMs, clock, random, logger } = parts;
  const bucket = createBucket(connection, names.heartbeats);
  const throttle = createThrottle(clock, 60_000);
  let publishing = false;
  let drift = 0;
  /** When the bucket is to be read because of it. */
  let driftUntilMono = Number.POSITIVE_INFINITY;
  let driftPatienceMs = LASTING_INTERVALS * countIntervalMs;

  const sweeper = createMarkerSweeper({
    bucket,
    clock,
    logger,
    delayMs: () => (publishing ? HOLDER_SWEEP_MS : STANDBY_SWEEP_MS * (1 + 2 * random())),
    // A master that is blind has not told of the goodbye; if it died, nobody would know of it.
    mayPurge: () => view.blindness === undefined,
    onSwept: () => counter.refresh(),
  });
  const view = createLiveView({
    bucket,
    connection,
    prober: createProber({ connection, clock }),
    ttlMs: heartbeatTtlMs,
    intervalMs: parts.heartbeatIntervalMs,
    clock,
    random,
    logger,
    onMarker: (key) => sweeper.heard(key),
    async readRecords(signal) {
      const roster = createBucket(connection, names.roster);
      return (await readRoster(roster, { timeoutMs: ROSTER_TIMEOUT_MS, signal })).byId;
    },
  });
  const signal =
    systemConnection &&
    createConnectionSignal({
      connection: systemConnection,
      clock,
      logger,
      onGone({ id, session, reason }) {
        logger.debug("a peel's connection has ended", { id, session, reason });
        // Of a server that ends, the peels are not gone: they are dialling another one.
        if (reason !== SERVER_SHUTDOWN) view.connectionEnded(id, session);
      },
    });
  const counter = createPeelCounter({
    bucket,
    intervalMs: countIntervalMs,
    clock,
    random,
    others: () => sweeper.outstanding + view.lingering + view.listener.malformedKeys(heartbeatTtlMs),
    isHeld: () => view.blindness !== undefined,
    onState: (state) => view.compare(state),
    onCounted: (count) => compare(count),
    onError(error) {
      if (connection.state !== "connected") return;
      logger.debug("connected-peels count failed; keeping last gauge value", { error: messageOf(error) });
      if (isFleetError(error, "BUCKET_MISSING")) {
        // A fresh broker has none: the keeper makes it, or says what keeps it from that.
        keeper.look();
        return;
      }
      throttle.run((heldBack) =>
        logger.warn("peels not counted; keeping the last count", {
          error: messageOf(error),
          ...(heldBack > 0 && { held_back: heldBack }),
        }),
      );
    },
  });

  /** Compares the two counts, the broker's and the index's own: where they differ for long, something was missed. */
  const compare = (count: number) => {
    const nowMono = clock.monoMs();
    drift = view.counts.online + view.counts.late + view.counts.conflict - count;
    if (drift === 0) {
      driftPatienceMs = LASTING_INTERVALS * countIntervalMs;
      driftUntilMono = Number.POSITIVE_INFINITY;
    } else if (driftUntilMono === Number.POSITIVE_INFINITY) {
      driftUntilMono = nowMono + driftPatienceMs;
    } else if (nowMono >= driftUntilMono) {
      view.resync("drift");
      // Where reading does not help, it is tried less and less often.
      driftPatienceMs *= 2;
      driftUntilMono = nowMono + driftPatienceMs;
    }
  };

  const check: Check = {
    name: "presence",
    run() {
      const problems = keeper.problemsOf(names.heartbeats, FACTS_BUCKET);
      const { ageMs } = counter;
      const { blindness } = view;
      const why = blindness === undefined ? [] : [blindness];
      if (ageMs === undefined) {
        return { status: "down", message: ["the peels have not been counted yet", ...why, ...problems].join("; ") };
      }
      const isStale = blindness === undefined && ageMs > STALE_INTERVALS * countIntervalMs;
      const reasons = [...why, ...(isStale ? [`the count is ${Math.round(ageMs / 1_000)}s old`] : []), ...problems];
      return reasons.length > 0 ? { status: "degraded", message: reasons.join("; ") } : { status: "ok" };
    },
  };

  const group = createServiceGroup({
    name: "presence",
    clock,
    members: [sweeper, view, ...(signal ? [signal] : []), counter],
    stopTimeoutMs: parts.stopTimeoutMs,
  });

  return {
    name: group.name,
    view,
    checks: [check],
    pulses: [counter.pulse],
    async run(signal) {
      const log = createTransitionLog({ clock, logger });
      const stopListening = connection.onState((state) => {
        if (state === "connected") counter.refresh();
      });
      const stopLogging = view.onTransition((transition) => {
        log.take(transition);
        counter.refresh();
      });
      await group.run(signal);
      stopLogging();
      log.flush();
      stopListening();
    },
    async publish({ signal }) {
      publishing = true;
      await aborted(signal);
      publishing = false;
    },
    registerMetrics: (metrics) => registerPresenceMetrics(metrics, { view, counter, drift: () => drift }),
  };
}
