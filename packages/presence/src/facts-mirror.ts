import type { Bucket, BucketEntry, Connection } from "@fleet/bus";
import {
  type Clock,
  createPeriodicLoop,
  isFleetError,
  type Logger,
  messageOf,
  type Service,
  withDeadline,
} from "@fleet/runtime";
import { decodeFacts, isPeelId } from "@fleet/wire";
import { type KeptFacts, type ListedFacts, readListedFacts } from "./listed-facts.ts";
import { nextTurn } from "./next-turn.ts";

export interface FactsMirrorParts {
  readonly connection: Pick<Connection, "state" | "onState">;
  /** The facts bucket. */
  readonly bucket: Bucket;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** What lists show of every peel's facts. */
export interface FactsView {
  /** Whether the bucket has been read once. */
  readonly settled: boolean;
  get(id: string): ListedFacts | undefined;
  /** The same, to be held. */
  kept(id: string): KeptFacts | undefined;
  /** How many peels have told facts. */
  readonly size: number;
  /** Grows whenever a peel comes to those that have told facts, or goes. */
  readonly changes: number;
  /** The peels that have told facts, in no order. */
  ids(): IterableIterator<string>;
}

/** The facts of every peel, in memory. */
export interface FactsMirror extends FactsView, Service {}

interface Kept extends KeptFacts {
  listed: ListedFacts | undefined;
}

const RESYNC_EVERY_MS = 3_600_000;
const RESYNC_DEADLINE_MS = 120_000;
/** Peels that are gone through before others get their turn. */
const TURN_PEELS = 2_000;
/** Most different facts of which equal ones are found again. */
const MAX_SHARED = 10_000;

/**
 * Creates the mirror. It reads the bucket at each connect, and hears what is written in between: facts are what a peel says of
 * itself, and one that hears a write which the store refused has heard the peel say it.
 */
export function createFactsMirror(parts: FactsMirrorParts): FactsMirror {
  const { connection, bucket, clock, random, logger } = parts;
  let facts = new Map<string, Kept>();
  /** Heard of while the bucket is being read. */
  let heard: Set<string> | undefined;
  let settled = false;
  let changes = 0;
  const share = createSharer();

  const read = ({ key, value, operation }: { key: string; value: Uint8Array; operation: string }) => {
    const decoded = operation === "put" && isPeelId(key) ? decodeFacts(value) : undefined;
    return decoded?.ok ? share(readListedFacts(decoded.value)) : undefined;
  };

  /** The facts of a peel as they are now, in place of those that are kept. */
  const keep = (id: string, listed: ListedFacts): Kept => {
    const known = facts.get(id);
    if (!known) return { listed };
    known.listed = listed;
    return known;
  };

  const add = (id: string, listed: ListedFacts) => {
    if (!facts.has(id)) changes += 1;
    facts.set(id, keep(id, listed));
  };

  const drop = (id: string) => {
    const known = facts.get(id);
    if (known) known.listed = undefined;
    if (facts.delete(id)) changes += 1;
  };

  const loop = createPeriodicLoop({
    name: "facts-mirror",
    clock,
    random,
    intervalMs: RESYNC_EVERY_MS,
    deadlineMs: RESYNC_DEADLINE_MS,
    backoff: { firstMs: 500, maxMs: 30_000 },
    async work(signal) {
      if (connection.state !== "connected") return;
      const found = new Map<string, Kept>();
      const newer = new Set<string>();
      heard = newer;
      try {
        const visit = (entry: BucketEntry) => {
          const told = newer.has(entry.key) ? undefined : read(entry);
          if (told) found.set(entry.key, keep(entry.key, told));
        };
        // A JetStream that does not answer is not waited for when the master is told to stop.
        const deadline = { clock, timeoutMs: RESYNC_DEADLINE_MS, what: "read the facts", signal };
        await withDeadline(deadline, (within) =>
          bucket.replay(visit, { timeoutMs: RESYNC_DEADLINE_MS, signal: within }),
        );
      } catch (error) {
        // A fresh broker has none; what is written into one that is made later is heard.
        if (!isFleetError(error, "BUCKET_MISSING")) throw error;
      }
      for (const id of newer) {
        const told = facts.get(id);
        if (told) found.set(id, told);
        else found.delete(id);
      }
      heard = undefined;
      const before = facts;
      facts = found;
      changes += 1;
      settled = true;
      let visited = 0;
      for (const [id, told] of before) {
        if (facts.get(id) !== told) told.listed = undefined;
        visited += 1;
        if (visited % TURN_PEELS === 0) await nextTurn();
      }
    },
    onError(error) {
      logger.debug("facts not read; retrying", { error: messageOf(error) });
    },
  });

  return {
    name: loop.name,
    get settled() {
      return settled;
    },
    get size() {
      return facts.size;
    },
    get changes() {
      return changes;
    },
    get: (id) => facts.get(id)?.listed,
    kept: (id) => facts.get(id),
    ids: () => facts.keys(),
    async run(signal) {
      const hearing = bucket.hear((write) => {
        const told = read(write);
        heard?.add(write.key);
        if (told) add(write.key, told);
        else drop(write.key);
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

/** Gives one object for equal facts: most machines of a fleet are alike. */
function createSharer(): (facts: ListedFacts) => ListedFacts {
  const shared = new Map<string, ListedFacts>();
  return (facts) => {
    const text = JSON.stringify(facts);
    const known = shared.get(text);
    if (known) return known;
    // What is forgotten is only no longer shared with what comes.
    if (shared.size >= MAX_SHARED) shared.clear();
    shared.set(text, facts);
    return facts;
  };
}
