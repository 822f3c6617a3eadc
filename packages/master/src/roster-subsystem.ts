import { type Connection, createBucket } from "@fleet/bus";
import { createRoster, type LiveView } from "@fleet/presence";
import { type Clock, createPeriodicLoop, createServiceGroup, type Logger, messageOf } from "@fleet/runtime";
import { FACTS_BUCKET } from "@fleet/wire";
import type { BucketKeeper } from "./bucket-keeper.ts";
import type { Subsystem } from "./subsystem.ts";

export interface RosterSubsystemParts {
  readonly connection: Connection;
  readonly keeper: Pick<BucketKeeper, "look" | "problemsOf">;
  readonly view: LiveView;
  /** Name of the roster's bucket. */
  readonly bucket: string;
  readonly masterId: string;
  readonly heartbeatTtlMs: number;
  /** Time offline after which a peel is forgotten; `undefined`: never. */
  readonly forgetAfterMs: number | undefined;
  readonly stopTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** The subsystem that keeps the lasting record of who came and went. */
export interface RosterSubsystem extends Subsystem {
  /** Whether it is this master that writes at the moment. */
  readonly isWriting: boolean;
  /**
   * Removes what is kept of a peel, its facts as well. Rejects with `NOT_THE_WRITER` unless this master publishes. One that
   * still beats joins again with its next beat.
   */
  forget(id: string): Promise<void>;
}

/** How often peels to be forgotten are looked for, as a part of the time after which they are. */
const LOOK_PART = 1 / 60;
const MAX_LOOK_MS = 3_600_000;

/** Writes every transition into the roster while this master publishes, and remembers them while it does not. */
export function createRosterSubsystem(parts: RosterSubsystemParts): RosterSubsystem {
  const { connection, keeper, view, bucket, masterId, heartbeatTtlMs, forgetAfterMs, clock, random, logger } = parts;
  const roster = createRoster({ connection, view, bucket, holder: masterId, ttlMs: heartbeatTtlMs, clock, logger });
  const facts = createBucket(connection, FACTS_BUCKET);
  let failure: string | undefined;

  const forget = async (id: string) => {
    await roster.forget(id);
    if (!(await facts.get(id, { fromLeader: true }))) return;
    // Every master hears the marker: of what is purged alone they would not know.
    const revision = await facts.delete(id);
    await facts.purge(id, { before: revision + 1 });
  };

  const forgetOld = (afterMs: number) =>
    createPeriodicLoop({
      name: "roster-forgetting",
      clock,
      random,
      intervalMs: Math.min(MAX_LOOK_MS, afterMs * LOOK_PART),
      deadlineMs: MAX_LOOK_MS,
      async work(signal) {
        const before = clock.wallMs() - afterMs;
        for (const { id, state, sinceAt } of [...view.peels()]) {
          if (signal.aborted || !roster.isWriting) return;
          if (state !== "offline" || sinceAt > before) continue;
          await forget(id);
          logger.info("peel forgotten", { peel_id: id, offline_since: new Date(sinceAt).toISOString() });
        }
      },
      onError: (error) => logger.warn("peels not forgotten; trying again", { error: messageOf(error) }),
    });
  const group = createServiceGroup({
    name: "roster",
    clock,
    members: [roster, ...(forgetAfterMs === undefined ? [] : [forgetOld(forgetAfterMs)])],
    stopTimeoutMs: parts.stopTimeoutMs,
  });

  return {
    name: "roster",
    get isWriting() {
      return roster.isWriting;
    },
    forget,
    checks: [
      {
        name: "roster",
        run() {
          const problems = keeper.problemsOf(bucket);
          const reasons = failure === undefined ? problems : [`not written: ${failure}`, ...problems];
          return reasons.length > 0 ? { status: "degraded", message: reasons.join("; ") } : { status: "ok" };
        },
      },
    ],
    registerMetrics(metrics) {
      metrics.computedCounter(
        "roster_records_total",
        "Transitions that this master has written into the roster.",
        () => roster.written,
      );
    },
    run: (signal) => group.run(signal),
    async publish(grant) {
      failure = undefined;
      try {
        await roster.write(grant);
      } catch (error) {
        if (!grant.signal.aborted) failure = messageOf(error);
        throw error;
      }
    },
  };
}
