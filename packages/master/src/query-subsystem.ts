import { type Connection, createBucket } from "@fleet/bus";
import { createFactsMirror, createPresenceService, type FactsView, type LiveView } from "@fleet/presence";
import { type Clock, createServiceGroup, type Logger } from "@fleet/runtime";
import { FACTS_BUCKET } from "@fleet/wire";
import type { RosterSubsystem } from "./roster-subsystem.ts";
import type { Subsystem } from "./subsystem.ts";

export interface QuerySubsystemParts {
  readonly connection: Connection;
  readonly masterId: string;
  /** Version of the program. */
  readonly version: string;
  /** The partition that is asked for; `undefined`: the whole fleet. */
  readonly partition: number | undefined;
  readonly view: LiveView;
  readonly roster: Pick<RosterSubsystem, "isWriting" | "forget">;
  readonly stopTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Answers who is here, for `fleet peel list` and whoever else asks. */
export function createQuerySubsystem(parts: QuerySubsystemParts): Subsystem {
  const { connection, masterId: instance, clock, random, logger, stopTimeoutMs } = parts;
  const factsBucket = createBucket(connection, FACTS_BUCKET);
  const facts = createFactsMirror({ connection, bucket: factsBucket, clock, random, logger });
  // The facts of all partitions lie in one bucket: whose beat is not known here may well be somebody else's peel.
  const told = parts.partition === undefined ? facts : createOwnFacts(facts, parts.view);
  const service = createPresenceService({ ...parts, instance, facts: told, factsBucket });
  const group = createServiceGroup({ name: "query", clock, members: [facts, service], stopTimeoutMs });
  return { name: group.name, checks: [], registerMetrics() {}, run: (signal) => group.run(signal) };
}

/** The facts of peels that this master knows, and of no others. */
function createOwnFacts(facts: FactsView, view: LiveView): FactsView {
  return {
    get settled() {
      return facts.settled;
    },
    size: 0,
    get changes() {
      return facts.changes;
    },
    get: (id) => (view.get(id) ? facts.get(id) : undefined),
    kept: (id) => (view.get(id) ? facts.kept(id) : undefined),
    ids: () => [].values(),
  };
}
