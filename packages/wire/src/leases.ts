import type { BucketSpec } from "./buckets.ts";
import type { Decoded } from "./decoded.ts";
import { decodeMap, encodeMap, refused } from "./map-codec.ts";

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

/** What the holder of a lease answers when it steps down. */
export interface StepDownReply {
  readonly holder: string;
  readonly term: number;
}

const STEP_DOWN_REPLY_MAX_BYTES = 1_024;

export function encodeStepDownReply({ holder, term }: StepDownReply): Uint8Array {
  return encodeMap({ holder, term });
}

export function decodeStepDownReply(bytes: Uint8Array): Decoded<StepDownReply> {
  const decoded = decodeMap(bytes, STEP_DOWN_REPLY_MAX_BYTES);
  if (!decoded.ok) return decoded;
  const { holder, term } = decoded.value;
  return typeof holder === "string" && typeof term === "number"
    ? { ok: true, value: { holder, term } }
    : refused("schema");
}
