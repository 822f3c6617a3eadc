import { type Connection, createBucket, setUpBucket } from "@fleet/bus";
import { type Clock, createThrottle, isFleetError, type Logger, messageOf } from "@fleet/runtime";
import { factsBucketSpec, HEARTBEAT_BUCKET, heartbeatBucketSpec } from "@fleet/wire";
import type { SwarmConfig } from "./swarm-options.ts";

export interface SwarmBucketsParts {
  readonly config: Pick<SwarmConfig, "ttlMs" | "storage" | "facts">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The buckets that a swarm writes to. */
export interface SwarmBuckets {
  /** TTL of the heartbeat bucket: until it was found the configured one; `Infinity` if it has none. */
  readonly ttlMs: number;
  /**
   * Makes those that are missing as a master would, and reads the TTL of the heartbeat bucket. One that was there before and is
   * lost is made with the TTL and in the storage that it had. Throws when nothing could be found out or a bucket could not be
   * made.
   */
  prepare(connection: Connection): Promise<void>;
  /** Does so while writes are under way, once at a time. It warns of what fails, once a minute, and is then to be called again. */
  restore(connection: Connection): Promise<void>;
}

const WARN_EVERY_MS = 60_000;

export function createSwarmBuckets({ config, clock, logger }: SwarmBucketsParts): SwarmBuckets {
  const throttle = createThrottle(clock, WARN_EVERY_MS);
  let { ttlMs, storage } = config;
  let restoring: Promise<void> | undefined;

  const prepare = async (connection: Connection) => {
    const specs = [
      heartbeatBucketSpec({ ttlMs: Number.isFinite(ttlMs) ? ttlMs : 0, storage }),
      ...(config.facts ? [factsBucketSpec] : []),
    ];
    for (const spec of specs) {
      if (!(await isMissing(connection, spec.name))) continue;
      const { created } = await setUpBucket(connection, spec, { repair: false });
      if (created) logger.info("bucket created", { bucket: spec.name });
    }
    const found = await createBucket(connection, HEARTBEAT_BUCKET).state();
    const foundTtlMs = found.ttlMs === 0 ? Number.POSITIVE_INFINITY : found.ttlMs;
    if (foundTtlMs !== ttlMs) warnOfTtl(foundTtlMs);
    ttlMs = foundTtlMs;
    storage = found.storage;
  };

  return {
    get ttlMs() {
      return ttlMs;
    },
    prepare,
    restore(connection) {
      restoring ??= prepare(connection)
        .catch(warnOfFailure)
        .finally(() => {
          restoring = undefined;
        });
      return restoring;
    },
  };

  function warnOfFailure(error: unknown): void {
    // The connection has told of itself.
    if (isFleetError(error, "NOT_CONNECTED")) return;
    throttle.run((heldBack) =>
      logger.warn("the buckets cannot be looked after; retrying while writes fail", {
        error: messageOf(error),
        ...(heldBack > 0 && { held_back: heldBack }),
      }),
    );
  }

  function warnOfTtl(foundMs: number): void {
    const configured = { configured_ms: config.ttlMs };
    if (Number.isFinite(foundMs)) {
      logger.warn("the heartbeat bucket has another TTL; it counts", { ttl_ms: foundMs, ...configured });
    } else {
      logger.warn("the heartbeat bucket has no TTL: peels that crash stay in it, and no beat can miss it", configured);
    }
  }
}

async function isMissing(connection: Connection, bucket: string): Promise<boolean> {
  try {
    await createBucket(connection, bucket).state();
    return false;
  } catch (error) {
    if (isFleetError(error, "BUCKET_MISSING")) return true;
    throw error;
  }
}
