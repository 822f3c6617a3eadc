import type { Bucket, BucketEntry, Headers } from "@fleet/bus";
import { formatDuration } from "@fleet/runtime";
import { HEADER_ACQUIRED_AT, HEADER_SESSION, HEADER_TERM } from "@fleet/wire";
import { leaseErrors } from "./errors.ts";
import type { LeaseFound } from "./lease-event.ts";
import type { LeaseRecord } from "./lease-state.ts";

export interface LeaseStoreParts {
  /** The lease bucket. */
  readonly bucket: Bucket;
  /** Name of the lease: its key. */
  readonly name: string;
  /** Id of this candidate. */
  readonly holder: string;
  /** Id of this life of the process: two that were given one id by mistake do not take each other's writes for their own. */
  readonly session: string;
  /** TTL that the lease is configured for; the bucket must have the same. */
  readonly ttlMs: number;
}

/** One write of a lease's key. */
export interface LeaseWrite {
  /** The key's revision that it expects; 0 for none. */
  readonly expectedRevision: number;
  /** The last revision of the bucket that it expects, where it acquires the lease. */
  readonly expectedBucketRevision?: number;
  readonly term: number | undefined;
  readonly acquiredAt: number;
  readonly timeoutMs: number;
}

/**
 * A lease's key in its bucket. Operations fail as the bucket's do.
 *
 * **What keeps two candidates from taking one free lease.** An acquiring write expects the key *and* the bucket at the
 * revisions read. The key's alone is not enough: in a cluster, servers before 2.10 compare a delete marker's revision with
 * what they have stored, not with what is on its way, so that two writes over one marker can both pass. The bucket's
 * revision is compared in the order of the log. Key and bucket are asked at once; in whichever order the leader answers,
 * the key is as it was read when the write is stored:
 * - bucket before key: nothing at all was stored since, so nothing was to the key;
 * - key before bucket: what came to the key in between has been stored by the leader that told the bucket's revision, and
 *   with what is stored it does compare the key's.
 *
 * What remains on such a server is a leader that changes between answer and write and lags behind: then the other holder hears
 * of the write, and its renew is refused.
 *
 * **A renew needs no more than the key's revision.** It expects a record of its own, over which nobody else writes: others take a
 * lease only when the leader has told them that there is no record. From then on it refuses each renew of that record, and
 * one that it let pass before moves the bucket on and has the other refused. What passes together with a renew can only be
 * an earlier try of the same. And so a renew is never refused for the sake of another lease in the bucket.
 */
export interface LeaseStore {
  /** Reads from the stream's leader; a replica may be behind. Fails with `LEASE_TTL_MISMATCH` if the bucket has another TTL. */
  read(timeoutMs: number): Promise<LeaseFound>;
  /** Resolves with the revision once the broker has stored it. */
  write(write: LeaseWrite): Promise<number>;
  release(revision: number, timeoutMs: number): Promise<void>;
  /** Calls `onWrite` for every write to the key that is heard. */
  hear(onWrite: (write: { readonly operation: "put" | "delete"; readonly mine: boolean }) => void): { close(): void };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function createLeaseStore({ bucket, name, holder, session, ttlMs }: LeaseStoreParts): LeaseStore {
  const value = encoder.encode(holder);
  const isMine = (bytes: Uint8Array, header: (name: string) => string | undefined) =>
    decoder.decode(bytes) === holder && header(HEADER_SESSION) === session;
  return {
    async read(timeoutMs) {
      const [entry, state] = await Promise.all([
        bucket.get(name, { fromLeader: true, timeoutMs }),
        bucket.state({ timeoutMs }),
      ]);
      if (state.ttlMs !== ttlMs) {
        const [found, wanted] = [formatDuration(state.ttlMs), formatDuration(ttlMs)];
        const message = `the bucket ${bucket.name} has a TTL of ${found}, the lease ${name} one of ${wanted}`;
        throw leaseErrors.create("LEASE_TTL_MISMATCH", message);
      }
      const bucketRevision = state.lastRevision;
      if (!entry) return { freeAt: 0, bucketRevision };
      if (entry.operation !== "put") return { freeAt: entry.revision, bucketRevision };
      return {
        ...readLeaseRecord(entry),
        bucketRevision,
        mine: isMine(entry.value, entry.header),
        ageMs: state.brokerNow === undefined ? undefined : state.brokerNow - entry.storedAt,
      };
    },
    write({ term, acquiredAt, ...options }) {
      const headers: Headers = {
        [HEADER_ACQUIRED_AT]: new Date(acquiredAt).toISOString(),
        [HEADER_SESSION]: session,
        ...(term !== undefined && { [HEADER_TERM]: String(term) }),
      };
      return bucket.put(name, value, { ...options, headers });
    },
    async release(revision, timeoutMs) {
      await bucket.delete(name, { expectedRevision: revision, timeoutMs, headers: { [HEADER_SESSION]: session } });
    },
    hear(onWrite) {
      return bucket.hear((write) => {
        if (write.key !== name) return;
        const operation = write.operation === "put" ? "put" : "delete";
        const mine =
          operation === "put"
            ? isMine(write.value, (header) => write.header(header))
            : write.header(HEADER_SESSION) === session;
        onWrite({ operation, mine });
      });
    },
  };
}

/** A lease as stored, of whatever make its holder is. */
export function readLeaseRecord(entry: BucketEntry): Omit<LeaseRecord, "mine" | "ageMs"> {
  const term = Number(entry.header(HEADER_TERM) ?? Number.NaN);
  const acquiredAt = Date.parse(entry.header(HEADER_ACQUIRED_AT) ?? "");
  return {
    revision: entry.revision,
    holder: decoder.decode(entry.value),
    term: Number.isSafeInteger(term) && term > 0 ? term : undefined,
    acquiredAt: Number.isNaN(acquiredAt) ? undefined : acquiredAt,
  };
}
