import { type Connection, createBucket, createConnection } from "@fleet/bus";
import { createMetrics, createOperationsServer, createReadiness, type Metrics, type RuntimeControl } from "@fleet/ops";
import { createHeartbeatPublisher, type HeartbeatPublisher } from "@fleet/presence/peel";
import { type Clock, createServiceGroup, type Logger, messageOf, type Pulse, type Service } from "@fleet/runtime";
import { FACTS_BUCKET, HEARTBEAT_BUCKET } from "@fleet/wire";
import { collectFacts } from "./facts-collector.ts";
import { createFactsPublisher } from "./facts-publisher.ts";
import { createPeelChecks } from "./peel-checks.ts";
import { registerPeelMetrics } from "./peel-metrics.ts";
import type { PeelConfig } from "./peel-options.ts";
import { createPingResponder, type PingResponder } from "./ping-responder.ts";

export interface PeelParts {
  readonly config: PeelConfig;
  /** Version of the program, as beats, facts, `/healthz` and metrics tell it. */
  readonly version: string;
  /** Id of this life of the process. */
  readonly session: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** What can be seen and changed while it runs. @default nothing */
  readonly control?: RuntimeControl;
}

/** The agent of one machine. */
export interface Peel extends Service {
  readonly metrics: Metrics;
  /** Resolves when its operations server listens and everything else runs, whether or not there is a broker. */
  readonly ready: Promise<void>;
  readonly connection: Pick<Connection, "state" | "onState">;
  /** The loops that must keep turning for it to be alive. */
  readonly pulses: readonly Pulse[];
}

/**
 * The agent of one machine: serves its health, keeps a connection to NATS, and through it its heartbeat and its
 * facts. It works without a broker and begins to beat when there is one.
 */
export function createPeel({ config, version, session, clock, random, logger, control }: PeelParts): Peel {
  const connection = createConnection({ config: config.connection(session), clock, random, logger });
  const factsBucket = createBucket(connection, FACTS_BUCKET);

  const facts = createFactsPublisher({
    peelId: config.id,
    bucket: factsBucket,
    connection,
    collect: () => collectFacts({ version, labels: config.labels }),
    clock,
    random,
    logger,
  });

  const metrics = createMetrics({
    prefix: config.metricsPrefix,
    component: "peel",
    version,
    onReadError: (metric, error) => logger.debug("metric left out of a scrape", { metric, error: messageOf(error) }),
  });
  const peelMetrics = registerPeelMetrics({ metrics, connection, heartbeat: () => heartbeat, clock });
  const heartbeat: HeartbeatPublisher = createHeartbeatPublisher({
    peelId: config.id,
    session,
    version,
    intervalMs: config.heartbeatIntervalMs,
    bucket: createBucket(connection, HEARTBEAT_BUCKET),
    connection,
    clock,
    random,
    logger,
    pingable: () => responder.pingable,
    onBeat: (outcome) => peelMetrics.recordBeat(outcome),
  });

  const readiness = createReadiness({
    component: "peel",
    version,
    clock,
    checks: createPeelChecks({ peelId: config.id, connection, bucket: factsBucket, facts }),
  });
  const responder: PingResponder = createPingResponder({
    peelId: config.id,
    session,
    version,
    connection,
    readiness,
    clock,
    random,
    logger,
  });
  const server = createOperationsServer({
    config,
    readiness,
    metrics,
    connection,
    identity: { peel_id: config.id, session },
    control,
    clock,
    logger,
  });

  const group = createServiceGroup({
    name: "peel",
    clock,
    members: [server, connection, facts, responder, heartbeat],
    stopTimeoutMs: config.shutdownTimeoutMs,
    logger,
  });
  return {
    name: "peel",
    metrics,
    ready: group.ready,
    connection,
    pulses: [heartbeat],
    async run(signal) {
      logger.info("peel started", { session, urls: connection.urls });
      signal.addEventListener("abort", () => readiness.drain(), { once: true });
      await group.run(signal);
      logger.info("peel stopped");
    },
  };
}
