import { type Connection, createBucket } from "@fleet/bus";
import {
  createPeelMatcher,
  createPeelTally,
  createPresenceClient,
  type ListedPeel,
  listPeels,
  type PresenceClient,
} from "@fleet/presence";
import { isFleetError, messageOf } from "@fleet/runtime";
import { type CountGroup, type CountQuery, FACTS_BUCKET, type ListQuery, presenceNames } from "@fleet/wire";
import type { AnswerSource } from "./peel-document.ts";
import { type FoundPeel, readPeel } from "./peel-reading.ts";

/** Peels that were found, and where. */
export interface FoundPeels extends AnswerSource {
  /** Sorted by id. */
  readonly peels: readonly ListedPeel[];
  /** Records that could not be read, and were skipped. */
  readonly malformed: number;
}

/** Peels that were counted. */
export interface FoundCount extends AnswerSource {
  readonly groups: readonly CountGroup[];
  readonly merged: number;
}

/** Learns who is here: from a master's index or, where no master answers, from the buckets. */
export interface PresenceReading {
  list(query: ListQuery): Promise<FoundPeels>;
  count(query: CountQuery): Promise<FoundCount>;
  /** `undefined` if nothing is known of it. */
  show(id: string): Promise<FoundPeel | undefined>;
}

export interface PresenceReadingParts {
  readonly timeoutMs: number;
  /** Of a fleet that is split, the part that is read. */
  readonly partition: number | undefined;
  /** Told once when no master answers, and of what the one that does is not sure of. */
  readonly note: (text: string) => void;
}

/** A master that does not answer leaves half of the time for reading the buckets. */
const MASTER_SHARE = 0.5;
/** Errors after which the buckets are read instead. */
const NO_ANSWER = ["UNAVAILABLE", "TIMEOUT", "PERMISSION_DENIED", "BAD_QUERY", "ANSWER_GONE", "QUERY_FAILED"];

/** Creates a reading on a connection. */
export function createPresenceReading(
  connection: Connection,
  { timeoutMs, partition, note }: PresenceReadingParts,
): PresenceReading {
  const client = createPresenceClient(connection, { timeoutMs: timeoutMs * MASTER_SHARE, partition });
  const names = presenceNames(partition);
  const bucketsOf = () => ({
    facts: createBucket(connection, FACTS_BUCKET),
    heartbeats: createBucket(connection, names.heartbeats),
    roster: createBucket(connection, names.roster),
  });
  let noted = false;
  const noteOnce = (text: string) => {
    if (!noted) note(text);
    noted = true;
  };

  /** Gives what a master answers; `undefined` if none does. */
  const ask = async <T extends { asOf: number; blindness: string | undefined }>(
    question: (client: PresenceClient) => Promise<T>,
  ): Promise<(T & AnswerSource) | undefined> => {
    try {
      const answer = await question(client);
      if (answer.blindness !== undefined) {
        noteOnce(
          `The master knows nothing for sure at the moment, and tells what it knew before: ${answer.blindness}.`,
        );
      }
      return { ...answer, source: "master" };
    } catch (error) {
      if (!isFleetError(error, ...NO_ANSWER)) throw error;
      const why = isFleetError(error, "UNAVAILABLE", "TIMEOUT") ? "" : ` (${messageOf(error)})`;
      noteOnce(`No master answers${why}; this is read from the buckets.`);
      return undefined;
    }
  };

  const readList = async ({ filter }: Pick<ListQuery, "filter">): Promise<FoundPeels> => {
    const { clock } = connection;
    const { peels, asOf, malformed } = await listPeels({ ...bucketsOf(), clock, timeoutMs });
    return { source: "buckets", blindness: undefined, asOf, malformed, peels: peels.filter(createPeelMatcher(filter)) };
  };

  return {
    async list(query) {
      const answer = await ask((master) => master.list(query));
      return answer ? { ...answer, malformed: 0 } : readList(query);
    },
    async count(query) {
      const answer = await ask((master) => master.count(query));
      if (answer) return answer;
      const { peels, ...source } = await readList(query);
      const tally = createPeelTally(query.by);
      for (const { state, ...peel } of peels) if (state) tally.add({ ...peel, state });
      return { ...source, ...tally.groups() };
    },
    async show(id) {
      try {
        const answer = await ask((master) => master.show(id));
        if (answer) return { ...answer, evidence: answer.peel.evidence };
      } catch (error) {
        if (isFleetError(error, "PEEL_UNKNOWN")) return undefined;
        throw error;
      }
      return readPeel(id, bucketsOf(), { timeoutMs });
    },
  };
}
