import { type Connection, createBucket } from "@fleet/bus";
import { createFactsMirror, createPresenceService, type LiveView } from "@fleet/presence";
import { type Clock, createServiceGroup, type Logger } from "@fleet/runtime";
import { FACTS_BUCKET } from "@fleet/wire";
import type { RosterSubsystem } from "./roster-subsystem.ts";
import type { Subsystem } from "./subsystem.ts";

export interface QuerySubsystemParts {
  readonly connection: Connection;
  readonly masterId: string;
  /** Version of the program. */
  readonly version: string;
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
  const service = createPresenceService({ ...parts, instance, facts, factsBucket });
  const group = createServiceGroup({ name: "query", clock, members: [facts, service], stopTimeoutMs });
  return { name: group.name, checks: [], registerMetrics() {}, run: (signal) => group.run(signal) };
}
