import { type Connection, createConnection, readLastTerm } from "@fleet/bus";
import {
  createMetrics,
  createOperationsServer,
  createReadiness,
  createTransportCheck,
  type Metrics,
  type RuntimeControl,
  registerTransportMetrics,
} from "@fleet/ops";
import {
  type Clock,
  createServiceGroup,
  createSessionId,
  type Logger,
  messageOf,
  type Pulse,
  type Service,
} from "@fleet/runtime";
import { factsBucketSpec, heartbeatBucketSpec, leaseBucketSpec, presenceNames, rosterBucketSpec } from "@fleet/wire";
import { createBucketKeeper } from "./bucket-keeper.ts";
import type { MasterConfig } from "./master-options.ts";
import { createPresenceSubsystem } from "./presence-subsystem.ts";
import { createPublisherSubsystem } from "./publisher-subsystem.ts";
import { createQuerySubsystem } from "./query-subsystem.ts";
import { createRosterSubsystem } from "./roster-subsystem.ts";
import type { Subsystem } from "./subsystem.ts";

export interface MasterParts {
  readonly config: MasterConfig;
  /** Version of the program, as `/healthz` and metrics tell it. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** What can be seen and changed while it runs. @default nothing */
  readonly control?: RuntimeControl;
}

/** One of the masters of a fleet. */
export interface Master extends Service {
  readonly metrics: Metrics;
  /** Resolves when its operations server listens and everything else runs, whether or not there is a broker. */
  readonly ready: Promise<void>;
  readonly connection: Pick<Connection, "state" | "onState">;
  /** The loops that must keep turning for it to be alive. */
  readonly pulses: readonly Pulse[];
}

/** A master: an operations server, a connection to NATS, and the subsystems listed here. */
export function createMaster({ config, version, clock, random, logger, control }: MasterParts): Master {
  const connection = createConnection({ config: config.connection, clock, random, logger });
  const stopTimeoutMs = config.shutdownTimeoutMs;
  const session = createSessionId();

  const names = presenceNames(config.partition);

  const keeper = createBucketKeeper({
    connection,
    buckets: [
      heartbeatBucketSpec({
        name: names.heartbeats,
        ttlMs: config.heartbeatTtlMs,
        storage: config.heartbeatStorage,
      }),
      factsBucketSpec,
      // Before the leases: whoever holds one finds what it guards.
      rosterBucketSpec({ name: names.roster }),
      leaseBucketSpec({ ttlMs: config.lease.ttlMs }),
    ],
    replicas: config.replicas,
    clock,
    random,
    logger,
  });
  const shared = { connection, keeper, stopTimeoutMs, clock, random, logger };
  const { heartbeatTtlMs, heartbeatIntervalMs, countIntervalMs } = config;
  const presence = createPresenceSubsystem({
    ...shared,
    systemConnection:
      config.systemConnection &&
      createConnection({
        config: config.systemConnection,
        clock,
        random,
        logger: logger.with({ account: "system" }),
      }),
    names,
    heartbeatTtlMs,
    heartbeatIntervalMs,
    countIntervalMs,
  });
  const { view } = presence;
  const roster = createRosterSubsystem({
    ...shared,
    view,
    bucket: names.roster,
    masterId: config.id,
    heartbeatTtlMs,
    forgetAfterMs: config.forgetAfterMs,
  });
  const duties: readonly Subsystem[] = [presence, roster];
  const subsystems: readonly Subsystem[] = [
    ...duties,
    createQuerySubsystem({ ...shared, masterId: config.id, version, partition: config.partition, view, roster }),
    createPublisherSubsystem({
      ...shared,
      masterId: config.id,
      session,
      lease: names.publisherLease,
      config: config.lease,
      duties,
      view,
      lastTerm: () => readLastTerm(connection, names.roster),
    }),
  ];

  const metrics = createMetrics({
    prefix: config.metricsPrefix,
    component: "master",
    version,
    onReadError: (metric, error) => logger.debug("metric left out of a scrape", { metric, error: messageOf(error) }),
  });
  registerTransportMetrics(metrics, connection.counters);
  for (const subsystem of subsystems) subsystem.registerMetrics(metrics);

  const readiness = createReadiness({
    component: "master",
    version,
    clock,
    checks: [createTransportCheck(connection), ...subsystems.flatMap((subsystem) => subsystem.checks)],
  });
  const server = createOperationsServer({
    config,
    readiness,
    metrics,
    connection,
    identity: { master_id: config.id, session },
    control,
    clock,
    logger,
  });

  const group = createServiceGroup({
    name: "master",
    clock,
    members: [server, connection, keeper, ...subsystems],
    stopTimeoutMs,
    logger,
  });
  return {
    name: "master",
    metrics,
    ready: group.ready,
    connection,
    pulses: [keeper.pulse, ...subsystems.flatMap((subsystem) => subsystem.pulses ?? [])],
    async run(signal) {
      logger.info("master started", { urls: connection.urls });
      signal.addEventListener("abort", () => readiness.drain(), { once: true });
      await group.run(signal);
      logger.info("master stopped");
    },
  };
}
