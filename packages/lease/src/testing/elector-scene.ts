import { createMemoryBucket, type MemoryBucket } from "@fleet/bus/testing";
import { aborted } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger, type FakeClock, type RecordingLogger } from "@fleet/runtime/testing";
import { LEASE_BUCKET } from "@fleet/wire";
import { createElector, type Elector, type ElectorParts, type LeaseGrant } from "../elector.ts";
import { type LeaseConfig, resolveLeaseOptions } from "../lease-options.ts";
import { createLeaseStore, type LeaseStore } from "../lease-store.ts";

export const LEASE = "publisher";

/** A bucket in memory, and a clock that moves when told to. */
export interface ElectorScene {
  readonly clock: FakeClock;
  readonly bucket: MemoryBucket;
  readonly config: LeaseConfig;
  /** A candidate that runs. Its work lasts until its signal aborts, unless something else is given. */
  candidate(id: string, changes?: CandidateChanges): SceneCandidate;
}

export interface CandidateChanges extends Partial<Omit<ElectorParts, "store">> {
  /** Puts something between the elector and the bucket. */
  readonly between?: (store: LeaseStore) => LeaseStore;
}

export interface SceneCandidate {
  readonly elector: Elector;
  readonly logger: RecordingLogger;
  /** What its work was given, one for each term. */
  readonly grants: readonly LeaseGrant[];
  /** Its messages at info and above, with the level. */
  lines(): string[];
  /** What it tells it to stop with. */
  readonly signal: AbortSignal;
  /** Tells it to stop; `ended` resolves when it has. */
  stop(): void;
  readonly ended: Promise<void>;
  hasEnded(): boolean;
}

export function createElectorScene(): ElectorScene {
  const clock = createFakeClock();
  const config = resolveLeaseOptions({});
  const bucket = createMemoryBucket({ name: LEASE_BUCKET, clock, ttlMs: config.ttlMs });
  return {
    clock,
    bucket,
    config,
    candidate(id, { between = (store: LeaseStore) => store, work, ...changes } = {}) {
      const logger = createRecordingLogger();
      const grants: LeaseGrant[] = [];
      const store = createLeaseStore({
        bucket,
        name: LEASE,
        holder: id,
        session: `session-${id}`,
        ttlMs: config.ttlMs,
      });
      const elector = createElector({
        name: LEASE,
        holder: id,
        store: between(store),
        config,
        clock,
        random: () => 0.5,
        logger,
        ...changes,
        work(grant) {
          grants.push(grant);
          return work ? work(grant) : aborted(grant.signal);
        },
      });
      const controller = new AbortController();
      let ended = false;
      return {
        elector,
        logger,
        grants,
        signal: controller.signal,
        lines: () =>
          logger.lines.filter(({ level }) => level !== "debug").map(({ level, message }) => `${level}: ${message}`),
        stop: () => controller.abort(),
        ended: elector.run(controller.signal).then(() => {
          ended = true;
        }),
        hasEnded: () => ended,
      };
    },
  };
}
