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
  /** Heard to be removed. The markers are taken away themselves, most often before they can be read. */
  const removed = new Set<string>();

  const tellRemoved = async () => {
    for (const id of removed) {
      removed.delete(id);
      const entry = await roster.get(id, { fromLeader: true });
      if (entry?.operation !== "put") onNews({ id, record: undefined });
    }
  };

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
      if (lastRevision !== revision) await readOn(signal);
      await tellRemoved();
    },
    onError: (error) => onError(messageOf(error)),
  });

  const readOn = async (signal: AbortSignal) => {
    await roster.replay(
      (entry) => {
        revision = entry.revision;
        if (!isPeelId(entry.key)) return;
        const decoded = entry.operation === "put" ? decodeRosterRecord(entry.value) : undefined;
        if (!decoded) removed.delete(entry.key);
        if (!decoded || decoded.ok) onNews({ id: entry.key, record: decoded?.value });
      },
      { after: revision, timeoutMs: DEADLINE_MS, signal },
    );
  };

  return {
    name: loop.name,
    async run(signal) {
      const hearing = roster.hear(({ key, operation }) => {
        if (operation !== "put" && isPeelId(key)) removed.add(key);
        loop.trigger();
      });
      const stopListening = connection.onState((state) => {
        if (state === "connected") loop.trigger();
      });
      await loop.run(signal);
      stopListening();
      hearing.close();
    },
  };
}
