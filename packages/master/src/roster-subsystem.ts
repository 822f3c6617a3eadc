import type { Connection } from "@fleet/bus";
import { createRoster, type LiveView, type Roster } from "@fleet/presence";
import { type Clock, type Logger, messageOf } from "@fleet/runtime";
import { ROSTER_BUCKET } from "@fleet/wire";
import type { BucketKeeper } from "./bucket-keeper.ts";
import type { Subsystem } from "./subsystem.ts";

export interface RosterSubsystemParts {
  readonly connection: Connection;
  readonly keeper: Pick<BucketKeeper, "look" | "problemsOf">;
  readonly view: LiveView;
  readonly masterId: string;
  readonly heartbeatTtlMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The subsystem that keeps the lasting record of who came and went. */
export interface RosterSubsystem extends Subsystem {
  readonly roster: Roster;
}

/** Writes every transition into the roster while this master publishes, and remembers them while it does not. */
export function createRosterSubsystem(parts: RosterSubsystemParts): RosterSubsystem {
  const { connection, keeper, view, masterId, heartbeatTtlMs, clock, logger } = parts;
  const roster = createRoster({ connection, view, holder: masterId, ttlMs: heartbeatTtlMs, clock, logger });
  let failure: string | undefined;

  return {
    name: "roster",
    roster,
    checks: [
      {
        name: "roster",
        run() {
          const problems = keeper.problemsOf(ROSTER_BUCKET);
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
    run: (signal) => roster.run(signal),
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
