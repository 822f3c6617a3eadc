import type { Bucket, Connection } from "@fleet/bus";
import { type Clock, createPeriodicLoop, messageOf, type Service } from "@fleet/runtime";
import { decodeRosterRecord, isPeelId, type RosterRecord } from "@fleet/wire";

/** A transition, as the roster has it. */
export interface RosterNews {
  readonly id: string;
  /** `undefined`: the peel was forgotten. */
  readonly record: RosterRecord | undefined;
}

export interface RosterFollowerParts {
  readonly connection: Pick<Connection, "state" | "onState">;
  /** The bucket of the roster. */
  readonly roster: Bucket;
  /** Revision that is known already: what came after it is told. */
  readonly after: number;
  readonly onNews: (change: RosterNews) => void;
  /** Told of every reading that failed; it is tried again. */
  readonly onError: (message: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

const LOOK_EVERY_MS = 10_000;
const DEADLINE_MS = 60_000;

/**
 * Follows the roster: every transition once, in order, across lost connections. A write that is heard only says that it is
 * time to read on, since the broker may have refused it: a master that lost its lease goes on writing for a moment.
 */
export function createRosterFollower(parts: RosterFollowerParts): Service {
  const { connection, roster, onNews, onError, clock, random } = parts;
  let revision = parts.after;
  const loop = createPeriodicLoop({
    name: "roster-follower",
    clock,
    random,
    intervalMs: LOOK_EVERY_MS,
    deadlineMs: DEADLINE_MS,
    backoff: { firstMs: 250, maxMs: 5_000 },
    async work(signal) {
      if (connection.state !== "connected") return;
      const { lastRevision } = await roster.state();
      // The bucket is another one: all that is in it is new.
      if (lastRevision < revision) revision = 0;
      if (lastRevision === revision) return;
      await roster.replay(
        (entry) => {
          revision = entry.revision;
          if (!isPeelId(entry.key)) return;
          const decoded = entry.operation === "put" ? decodeRosterRecord(entry.value) : undefined;
          if (decoded?.ok) onNews({ id: entry.key, record: decoded.value });
          else if (!decoded) onNews({ id: entry.key, record: undefined });
        },
        { after: revision, timeoutMs: DEADLINE_MS, signal },
      );
    },
    onError: (error) => onError(messageOf(error)),
  });
  return {
    name: loop.name,
    async run(signal) {
      const hearing = roster.hear(() => loop.trigger());
      const stopListening = connection.onState((state) => {
        if (state === "connected") loop.trigger();
      });
      await loop.run(signal);
      stopListening();
      hearing.close();
    },
  };
}
