import type { Bucket, BucketState } from "@fleet/bus";
import { type Clock, type Logger, messageOf } from "@fleet/runtime";
import { decodeBeat } from "./heartbeat-listener.ts";
import type { LookupFinding } from "./live-index.ts";
import { isKnownBeat, type PeelEntry } from "./peel-entry.ts";

export interface BucketLookupsParts {
  /** The heartbeat bucket. */
  readonly bucket: Bucket;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly find: (id: string) => PeelEntry | undefined;
  readonly onFound: (id: string, finding: LookupFinding) => void;
  /** A key that should still be there is not: told what the bucket then says of itself. */
  readonly onLost: (state: BucketState) => void;
}

/** Asks the bucket about peels that are about to expire: a beat that is stored and was not heard means a deaf observer. */
export interface BucketLookups {
  /** Asks in its turn, if the peel's entry then still waits for it. */
  ask(id: string): void;
  /** Asks no more. */
  close(): void;
}

const IN_FLIGHT = 64;
const TIMEOUT_MS = 1_000;
/** What the ages of a beat may differ by, as the broker and we know them, and still be of the same beat. */
const SAME_BEAT_MS = 1_000;

export function createBucketLookups(parts: BucketLookupsParts): BucketLookups {
  const { bucket, clock, logger, find, onFound, onLost } = parts;
  const line = new Set<string>();
  let inFlight = 0;
  let closed = false;

  const lookUp = async (id: string): Promise<LookupFinding> => {
    try {
      const stored = await bucket.get(id, { fromLeader: true, timeoutMs: TIMEOUT_MS });
      if (!stored) onLost(await bucket.state({ timeoutMs: TIMEOUT_MS }));
      const entry = find(id);
      if (!entry || stored?.operation !== "put") return "agreed";
      const decoded = decodeBeat(id, stored.value);
      if (!decoded.ok) return "agreed";
      if (isKnownBeat(entry, decoded.value)) return "agreed";
      if (decoded.value.session !== undefined && decoded.value.seq !== undefined) return "newer";
      // A peel of another make counts nothing: its beats differ in their age alone.
      const state = await bucket.state({ timeoutMs: TIMEOUT_MS });
      return isNewer(state, stored.storedAt, clock.monoMs() - entry.heardMono) ? "newer" : "agreed";
    } catch (error) {
      logger.debug("peel not looked up", { id, error: messageOf(error) });
      return "unanswered";
    }
  };

  const pump = () => {
    for (const id of line) {
      if (inFlight >= IN_FLIGHT) return;
      line.delete(id);
      if (find(id)?.lookup !== "asked") continue;
      inFlight += 1;
      void lookUp(id).then((finding) => {
        inFlight -= 1;
        if (closed) return;
        onFound(id, finding);
        pump();
      });
    }
  };

  return {
    ask(id) {
      line.add(id);
      pump();
    },
    close() {
      closed = true;
      line.clear();
    },
  };
}

function isNewer({ brokerNow }: BucketState, storedAt: number, heardAgoMs: number): boolean {
  return brokerNow !== undefined && brokerNow - storedAt < heardAgoMs - SAME_BEAT_MS;
}
