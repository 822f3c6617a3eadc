import type { Clock } from "@fleet/runtime";
import { HEADER_KV_OPERATION } from "@fleet/wire";
import type { Bucket, BucketEntry, HeardWrite, WriteOptions } from "../bucket.ts";
import { assertKey } from "../bucket-key.ts";
import { busErrors } from "../errors.ts";
import type { Headers } from "../message.ts";

/** A bucket in memory, for tests, with the ways a real one fails at hand. */
export interface MemoryBucket extends Bucket {
  /** Makes every operation fail with this until set to `undefined`: an outage. */
  failure: Error | undefined;
  /**
   * Removes the bucket, as an administrator would; `restore` makes an empty one. As with a real one, what JetStream's own
   * API answers then fails with `BUCKET_MISSING`; a write or plain get, which nobody answers, with `UNAVAILABLE`; and a
   * write that somebody hears with `TIMEOUT`, here at once.
   */
  remove(): void;
  restore(): void;
}

export interface MemoryBucketOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Age at which a key is dropped; 0 for never. @default 0 */
  readonly ttlMs?: number;
  /** Messages kept of one key. @default 1 */
  readonly history?: number;
}

interface Stored extends BucketEntry {
  readonly storedMono: number;
}

/** Creates an empty {@link MemoryBucket}. It passes the same contract as one on JetStream. */
export function createMemoryBucket({ name, clock, ttlMs = 0, history = 1 }: MemoryBucketOptions): MemoryBucket {
  /** The last message of each key, in order of revision, and those before it that are kept. */
  const stored = new Map<string, Stored>();
  let earlier: Stored[] = [];
  const listeners = new Set<(write: HeardWrite) => void>();
  let lastRevision = 0;
  let createdAt = clock.wallMs();
  let missing = false;
  let failure: Error | undefined;

  const reach = async (missingCode: "BUCKET_MISSING" | "UNAVAILABLE" | "TIMEOUT" = "BUCKET_MISSING") => {
    await Promise.resolve();
    if (failure) throw failure;
    if (missing) throw busErrors.create(missingCode, `${name}: there is no such bucket`);
    if (ttlMs === 0) return;
    const isExpired = (entry: Stored) => clock.monoMs() - entry.storedMono >= ttlMs;
    earlier = earlier.filter((entry) => !isExpired(entry));
    for (const [key, entry] of stored) {
      if (isExpired(entry)) stored.delete(key);
    }
  };

  const write = async (key: string, given: Uint8Array, operation: "put" | "delete", options: WriteOptions) => {
    assertKey(key);
    const value = given.slice();
    const headers: Headers = { ...(operation === "delete" && { [HEADER_KV_OPERATION]: "DEL" }), ...options.headers };
    if (!failure) {
      for (const listener of [...listeners]) listener({ key, value, operation, header: (header) => headers[header] });
    }
    await reach(listeners.size > 0 ? "TIMEOUT" : "UNAVAILABLE");
    const { expectedRevision, expectedBucketRevision } = options;
    const last = stored.get(key);
    const actual = last?.revision ?? 0;
    if (expectedRevision !== undefined && expectedRevision !== actual) {
      throw busErrors.create(
        "REVISION_CONFLICT",
        `${name}.${key}: the last revision is ${actual}, not ${expectedRevision}`,
      );
    }
    if (expectedBucketRevision !== undefined && expectedBucketRevision !== lastRevision) {
      throw busErrors.create(
        "REVISION_CONFLICT",
        `${name}: the last revision is ${lastRevision}, not ${expectedBucketRevision}`,
      );
    }
    lastRevision += 1;
    if (last) {
      earlier.push(last);
      const surplus = earlier.filter((entry) => entry.key === key).length - (history - 1);
      if (surplus > 0) earlier = dropFirst(earlier, key, surplus);
    }
    stored.delete(key);
    stored.set(key, {
      key,
      value,
      revision: lastRevision,
      operation,
      storedAt: clock.wallMs(),
      header: (header) => headers[header],
      storedMono: clock.monoMs(),
    });
    return lastRevision;
  };

  return {
    name,
    get failure() {
      return failure;
    },
    set failure(error) {
      failure = error;
    },
    remove() {
      missing = true;
      stored.clear();
      earlier = [];
    },
    restore() {
      missing = false;
      lastRevision = 0;
      createdAt = Math.max(clock.wallMs(), createdAt + 1);
    },
    put: (key, value, options = {}) => write(key, value, "put", options),
    delete: (key, options = {}) => write(key, new Uint8Array(), "delete", options),
    async get(key, { fromLeader = false } = {}) {
      assertKey(key);
      await reach(fromLeader ? "BUCKET_MISSING" : "UNAVAILABLE");
      const entry = stored.get(key);
      return entry && withoutMono(entry);
    },
    async purge(key, { before }) {
      assertKey(key);
      await reach();
      const kept = earlier.filter((entry) => entry.key !== key || entry.revision >= before);
      let purged = earlier.length - kept.length;
      earlier = kept;
      const entry = stored.get(key);
      if (entry && entry.revision < before) {
        stored.delete(key);
        purged += 1;
      }
      return purged;
    },
    async state() {
      await reach();
      return { keys: stored.size, lastRevision, brokerNow: clock.wallMs(), ttlMs, storage: "memory", createdAt };
    },
    async replay(visit, { signal, key, after }) {
      if (key !== undefined) assertKey(key);
      await reach();
      const result = { brokerNow: clock.wallMs(), lastRevision };
      const all = [...(after === undefined ? [] : earlier), ...stored.values()];
      const wanted = all.filter((entry) => (key === undefined || entry.key === key) && entry.revision > (after ?? 0));
      for (const entry of wanted.sort((one, other) => one.revision - other.revision)) {
        signal?.throwIfAborted();
        visit(withoutMono(entry), result);
      }
      return result;
    },
    hear(onWrite) {
      listeners.add(onWrite);
      return { ready: Promise.resolve(), close: () => listeners.delete(onWrite) };
    },
  };
}

/** Without the first `count` entries of this key. */
function dropFirst(entries: readonly Stored[], key: string, count: number): Stored[] {
  let left = count;
  return entries.filter((entry) => {
    if (entry.key !== key || left === 0) return true;
    left -= 1;
    return false;
  });
}

function withoutMono({ storedMono: _, ...entry }: Stored): BucketEntry {
  return entry;
}
