import { type BucketSetup, type Connection, setUpBucket } from "@fleet/bus";
import {
  aborted,
  type Clock,
  createPeriodicLoop,
  type Logger,
  messageOf,
  type Pulse,
  type Service,
} from "@fleet/runtime";
import type { BucketSpec } from "@fleet/wire";

export interface BucketKeeperParts {
  readonly connection: Connection;
  readonly buckets: readonly BucketSpec[];
  /** Copies in a cluster; `undefined`: by its size. */
  readonly replicas: number | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Sees to it that the buckets exist and are what they must be. */
export interface BucketKeeper extends Service {
  readonly pulse: Pulse;
  /** What is not as it should be with these buckets, one sentence each with the bucket's name; empty when all is well. */
  problemsOf(...buckets: readonly string[]): readonly string[];
  /** Looks again now: a bucket was found missing. */
  look(): void;
}

const LOOK_EVERY_MS = 60_000;
const DEADLINE_MS = 30_000;

/**
 * Creates the keeper. It looks at each connect, when a bucket was found missing, and every minute; it creates what
 * is missing. A bucket's settings are repaired once in the life of this process: whoever sets them back after that is
 * another owner, and is reported instead of fought.
 */
export function createBucketKeeper(parts: BucketKeeperParts): BucketKeeper {
  const { connection, buckets, replicas, clock, random, logger } = parts;
  const problemsOf = new Map<string, readonly string[]>();
  const repaired = new Set<string>();

  const report = (spec: BucketSpec, { created, fixed, problems }: BucketSetup) => {
    if (created) logger.info("bucket created", { bucket: spec.name });
    if (fixed.length > 0) {
      repaired.add(spec.name);
      logger.warn("bucket settings put right", { bucket: spec.name, fixed });
    }
    complain(spec, problems);
  };

  /** Remembers a bucket's problems and writes them once, not at every look. */
  const complain = (spec: BucketSpec, problems: readonly string[]) => {
    const before = problemsOf.get(spec.name) ?? [];
    problemsOf.set(spec.name, problems);
    if (problems.length > 0 && problems.join() !== before.join()) {
      logger.warn("bucket is not as it should be", { bucket: spec.name, problems });
    }
  };

  const loop = createPeriodicLoop({
    name: "bucket-keeper",
    clock,
    random,
    intervalMs: LOOK_EVERY_MS,
    deadlineMs: DEADLINE_MS,
    backoff: { firstMs: 500, maxMs: 10_000 },
    async work(signal) {
      if (connection.state !== "connected") return;
      let failure: unknown;
      // Where JetStream does not answer, each takes seconds, which a master that is told to stop does not have.
      const stopped = aborted(signal);
      for (const spec of buckets) {
        try {
          const settling = setUpBucket(connection, spec, { replicas, repair: !repaired.has(spec.name) });
          const setup = await Promise.race([settling, stopped]);
          if (!setup) return;
          report(spec, setup);
        } catch (error) {
          failure = error;
          complain(spec, [messageOf(error)]);
        }
      }
      if (failure) throw failure;
    },
    onError(error) {
      logger.debug("buckets not settled; retrying", { error: messageOf(error) });
    },
  });

  return {
    name: loop.name,
    pulse: loop,
    problemsOf: (...names) =>
      names.flatMap((bucket) => (problemsOf.get(bucket) ?? []).map((problem) => `${bucket}: ${problem}`)),
    look: () => loop.trigger(),
    async run(signal) {
      const stopListening = connection.onState((state) => {
        if (state === "connected") loop.trigger();
      });
      await loop.run(signal);
      stopListening();
    },
  };
}
