import type { KeyOperation } from "@fleet/wire";
import type { Headers } from "./message.ts";

/** A key's message as stored. */
export interface BucketEntry {
  readonly key: string;
  /** Empty on a delete marker. It may be a view into a larger buffer: copy what is to be kept. */
  readonly value: Uint8Array;
  /** Sequence of the message in the bucket's stream; greater than that of every earlier write to any key. */
  readonly revision: number;
  readonly operation: KeyOperation;
  /** Broker's wall time of the write, ms since the epoch. */
  readonly storedAt: number;
  /** Value of a header of the message, `undefined` when absent. */
  header(name: string): string | undefined;
}

/**
 * A write as heard on the wire. Hearsay: it has no revision, arrives before the store has decided, and may have been
 * refused; it says that the writer is alive, never what the bucket holds.
 */
export interface HeardWrite {
  readonly key: string;
  /** A view into what was received: copy what is to be kept. */
  readonly value: Uint8Array;
  readonly operation: KeyOperation;
  header(name: string): string | undefined;
}

/** The bucket as a whole. */
export interface BucketState {
  /** Keys that have a message, delete markers included; broker's own count. */
  readonly keys: number;
  /** Sequence of the last message ever stored; 0 before the first. */
  readonly lastRevision: number;
  /** Broker's wall time when it answered, ms since the epoch; `undefined` from servers before 2.10. */
  readonly brokerNow: number | undefined;
  /** Age at which the broker drops a key; 0 for never. */
  readonly ttlMs: number;
  readonly storage: "file" | "memory";
  /** When the bucket was made, broker's wall time in ms: another value means another bucket of the same name. */
  readonly createdAt: number;
}

/** What is known of reading a bucket through, from its beginning. */
export interface BucketReplay {
  /** Broker's wall time when the reading began, ms since the epoch; known from every server. */
  readonly brokerNow: number;
  /** The last revision that existed then. */
  readonly lastRevision: number;
}

export interface ReplayOptions {
  /** Longest time for the reading; `TIMEOUT` then. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Reads this key alone. */
  readonly key?: string;
  /** Reads every message kept that came after this revision, 0 for all of them, instead of the last one of each key. */
  readonly after?: number;
}

export interface WriteOptions {
  /** Refuse with `REVISION_CONFLICT` unless this is the key's last revision; 0: unless the key has no message. */
  readonly expectedRevision?: number;
  /**
   * Refuse with `REVISION_CONFLICT` unless this is the bucket's last revision: nothing was written to any key since. In a
   * cluster, servers before 2.10 compare an `expectedRevision` other than 0 with what is stored already, not with what is
   * about to be, so that of several writes which expect the same one more than one can pass. Of those that expect the same
   * revision of the bucket one passes, on every server.
   */
  readonly expectedBucketRevision?: number;
  readonly headers?: Headers;
  /** @default 5000 */
  readonly timeoutMs?: number;
}

/**
 * A key-value bucket with revisions. Every operation fails with `NOT_CONNECTED`, `TIMEOUT` or `UNAVAILABLE` when the
 * outcome is unknown and with `BUCKET_MISSING` where the broker can tell that there is none.
 */
export interface Bucket {
  readonly name: string;
  /** Writes a value; resolves with its revision once the broker has stored it. */
  put(key: string, value: Uint8Array, options?: WriteOptions): Promise<number>;
  /** Writes a delete marker; resolves with its revision. The marker counts as a key until purged or expired. */
  delete(key: string, options?: WriteOptions): Promise<number>;
  /**
   * The key's last message, a delete marker included; `undefined` if there is none. Reads from any replica, which may be
   * behind, unless `fromLeader` is set.
   */
  get(key: string, options?: { fromLeader?: boolean; timeoutMs?: number }): Promise<BucketEntry | undefined>;
  /** Removes the key's messages before the revision given, exclusive; resolves with how many there were. */
  purge(key: string, options: { before: number; timeoutMs?: number }): Promise<number>;
  state(options?: { timeoutMs?: number }): Promise<BucketState>;
  /**
   * Calls `visit` with the last message of every key that existed when the reading began, delete markers included, in
   * order of revision and never twice for a key, and with what is known of the reading. One that is rewritten meanwhile may
   * not come at all: listen first (`hear`) to miss none. Ends by itself, at the latest after `timeoutMs`, with `TIMEOUT`.
   */
  replay(visit: (entry: BucketEntry, replay: BucketReplay) => void, options: ReplayOptions): Promise<BucketReplay>;
  /** Calls `onWrite` for each write heard from now on. `ready` resolves when the server knows. */
  hear(onWrite: (write: HeardWrite) => void): { readonly ready: Promise<void>; close(): void };
}
