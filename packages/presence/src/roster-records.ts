import type { Bucket, BucketEntry } from "@fleet/bus";
import { isFleetError } from "@fleet/runtime";
import { decodeRosterRecord, isPeelId, type RosterRecord } from "@fleet/wire";

/** What the roster says of every peel that it knows. */
export interface RosterRecords {
  readonly byId: ReadonlyMap<string, RosterRecord>;
  /** When each of them was stored, the broker's wall time. */
  readonly storedAt: ReadonlyMap<string, number>;
  /** Records that could not be read, and were skipped. */
  readonly malformed: number;
  /** The broker's wall time of the reading, ms since the epoch; `undefined` where there is no roster. */
  readonly brokerNow: number | undefined;
}

/** Reads the last record of every peel. A roster that does not exist yet says nothing of anybody. */
export async function readRoster(
  bucket: Bucket,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<RosterRecords> {
  const byId = new Map<string, RosterRecord>();
  const storedAtOf = new Map<string, number>();
  let malformed = 0;
  let brokerNow: number | undefined;
  let reached = 0;
  try {
    const visit = ({ key, value, operation, storedAt, revision }: BucketEntry) => {
      reached = Math.max(reached, revision);
      // The others are the fence's own.
      if (!isPeelId(key)) return;
      const decoded = decodeRosterRecord(value);
      if (operation !== "put") {
        byId.delete(key);
        storedAtOf.delete(key);
      } else if (decoded.ok) {
        byId.set(key, decoded.value);
        storedAtOf.set(key, storedAt);
      } else malformed += 1;
    };
    const replay = await bucket.replay(visit, options);
    // A record that was replaced while it was read has not come; the one that replaced it is among those since.
    await bucket.replay(visit, { ...options, after: reached });
    brokerNow = replay.brokerNow;
  } catch (error) {
    if (!isFleetError(error, "BUCKET_MISSING")) throw error;
  }
  return { byId, storedAt: storedAtOf, malformed, brokerNow };
}
