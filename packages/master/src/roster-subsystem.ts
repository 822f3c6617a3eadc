import { type Connection, openFencedWriter } from "@fleet/bus";
import { aborted, type Logger } from "@fleet/runtime";
import { ROSTER_BUCKET } from "@fleet/wire";
import type { BucketKeeper } from "./bucket-keeper.ts";
import type { Subsystem } from "./subsystem.ts";

export interface RosterSubsystemParts {
  readonly connection: Connection;
  readonly keeper: Pick<BucketKeeper, "problemsOf">;
  readonly masterId: string;
  readonly logger: Logger;
}

/**
 * Opens the roster's fence for each term of the publisher: from then on the broker refuses what an earlier one still
 * writes, and terms outlive the lease bucket.
 */
export function createRosterSubsystem({ connection, keeper, masterId, logger }: RosterSubsystemParts): Subsystem {
  return {
    name: "roster",
    checks: [
      {
        name: "roster",
        run() {
          const problems = keeper.problemsOf(ROSTER_BUCKET);
          return problems.length > 0 ? { status: "degraded", message: problems.join("; ") } : { status: "ok" };
        },
      },
    ],
    registerMetrics() {},
    run: (signal) => aborted(signal),
    async publish({ signal, term, isHeld }) {
      const writer = await openFencedWriter(connection, ROSTER_BUCKET, {
        term: (lastTerm) => Math.max(term, lastTerm + 1),
        holder: masterId,
        isHeld,
        signal,
      });
      logger.debug("roster opened", { term: writer.term });
      await aborted(signal);
      await writer.drain();
    },
  };
}
