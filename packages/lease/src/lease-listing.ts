import type { Bucket } from "@fleet/bus";
import { readLeaseRecord } from "./lease-store.ts";

/** A lease that is held. What its holder does not tell is `undefined`. */
export interface ListedLease {
  readonly name: string;
  readonly holder: string;
  readonly term: number | undefined;
  /** Time since it was acquired, by the holder's clock and the broker's, in ms. */
  readonly heldMs: number | undefined;
  /** Time since its last renew, by the broker's clock alone, in ms. */
  readonly renewedMs: number;
  /** Time until the broker drops it unless it is renewed, in ms. */
  readonly leftMs: number;
}

/** Every lease that is held now, sorted by name. Fails as the bucket does; `BUCKET_MISSING` when no master has made it. */
export async function listLeases(bucket: Bucket, timeoutMs: number): Promise<readonly ListedLease[]> {
  const { ttlMs } = await bucket.state({ timeoutMs });
  const found: {
    readonly name: string;
    readonly storedAt: number;
    readonly record: ReturnType<typeof readLeaseRecord>;
  }[] = [];
  const { brokerNow } = await bucket.replay(
    (entry) => {
      if (entry.operation === "put") {
        found.push({ name: entry.key, storedAt: entry.storedAt, record: readLeaseRecord(entry) });
      }
    },
    { timeoutMs },
  );
  return found
    .map(({ name, storedAt, record: { holder, term, acquiredAt } }): ListedLease => {
      const renewedMs = Math.max(0, brokerNow - storedAt);
      const heldMs = acquiredAt === undefined ? undefined : Math.max(0, brokerNow - acquiredAt);
      return { name, holder, term, heldMs, renewedMs, leftMs: Math.max(0, ttlMs - renewedMs) };
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}
