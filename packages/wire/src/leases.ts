import type { BucketSpec } from "./buckets.ts";

/** Key = lease name, value = the holder id's bytes, as other implementations have it; ours add the headers below. */
export const LEASE_BUCKET = "leases";

/** Fencing token of the holder; absent until it has chosen one, and from other implementations. */
export const HEADER_TERM = "Fleet-Term";
/** When the lease was acquired, ISO 8601 by the holder's clock. */
export const HEADER_ACQUIRED_AT = "Fleet-Acquired-At";

/** The lease bucket. Always on file: its TTL ends the lease of a holder that is gone. */
export function leaseBucketSpec(options: { ttlMs: number }): BucketSpec {
  return { name: LEASE_BUCKET, ttlMs: options.ttlMs, history: 1, storage: "file" };
}

/** Subject on which the holder of a lease takes the request to step down. */
export function leaseStepDownSubject(name: string): string {
  return `fleet.lease.${name}.step-down`;
}
