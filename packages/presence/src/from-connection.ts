import { type Connection, createBucket } from "@fleet/bus";
import { createSessionId, type Logger, silentLogger } from "@fleet/runtime";
import { HEARTBEAT_BUCKET, presenceNames } from "@fleet/wire";
import { createHeartbeatPublisher, type HeartbeatPublisher } from "./heartbeat-publisher.ts";
import { createLiveView, type LiveView } from "./live-view.ts";
import { createProber } from "./prober.ts";

/** What a heartbeat or a view on a connection of one's own needs; the times must be those of the fleet. */
interface FleetTiming {
  /** Time between two beats. @default 10000 */
  readonly intervalMs?: number;
  /** @default nothing is logged */
  readonly logger?: Logger;
}

export interface HeartbeatOptions extends FleetTiming {
  readonly connection: Connection;
  /** The name under which this process is seen. */
  readonly id: string;
  /** Version of the program, as masters show it. @default "" */
  readonly version?: string;
}

export interface PresenceOptions extends FleetTiming {
  readonly connection: Connection;
  /** Age at which a beat no longer counts: the bucket's TTL. @default 30000 */
  readonly ttlMs?: number;
  /** The partition that is looked at, of a fleet whose beats the broker maps to partitions. @default the whole fleet */
  readonly partition?: number;
}

const INTERVAL_MS = 10_000;
const TTL_MS = 30_000;

/** Gives any process a heartbeat on its own connection. It runs beside the connection, and says goodbye when it is stopped. */
export function createHeartbeat(options: HeartbeatOptions): HeartbeatPublisher {
  const { connection, id, version = "", intervalMs = INTERVAL_MS, logger = silentLogger } = options;
  return createHeartbeatPublisher({
    peelId: id,
    session: createSessionId(),
    version,
    intervalMs,
    bucket: createBucket(connection, HEARTBEAT_BUCKET),
    connection,
    clock: connection.clock,
    random: Math.random,
    logger,
  });
}

/**
 * Shows any process who is here, on its own connection. It runs beside the connection. It writes nothing, and knows what
 * has happened since it began; the masters' roster has what was before.
 */
export function createPresence(options: PresenceOptions): LiveView {
  const { connection, intervalMs = INTERVAL_MS, ttlMs = TTL_MS, partition, logger = silentLogger } = options;
  const { clock } = connection;
  return createLiveView({
    bucket: createBucket(connection, presenceNames(partition).heartbeats),
    connection,
    prober: createProber({ connection, clock }),
    ttlMs,
    intervalMs,
    clock,
    random: Math.random,
    logger,
  });
}
