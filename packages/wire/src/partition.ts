import { HEARTBEAT_BUCKET } from "./buckets.ts";
import { ROSTER_BUCKET } from "./roster.ts";

/** Highest number of a partition: beyond it a broker holds more streams than peels are worth. */
export const PARTITION_MAX = 1_023;

/** Name of the lease whose holder is the one master that publishes. */
const PUBLISHER_LEASE = "publisher";

/**
 * Names under which the masters of a fleet keep who is here. The masters of a partition have names of their own for all of them:
 * they see a part of the fleet, and would take the other peels for dead.
 */
export interface PresenceNames {
  /** Bucket of the beats. */
  readonly heartbeats: string;
  /** Bucket of the transitions. */
  readonly roster: string;
  /** Lease under which it is written. */
  readonly publisherLease: string;
}

/**
 * The names of the whole fleet, or those of one partition: the part of it whose beats the broker maps from
 * `$KV.peel-heartbeat.<id>` to `$KV.peel-heartbeat-partition.<partition>.<id>`. The server's function gives a number as a
 * token of its own, so it cannot be a part of the bucket's name as other clients form it; and the streams of the
 * partitions share no subject with the bucket of a whole fleet, so that both can be there while one takes over from the other.
 */
export function presenceNames(partition?: number): PresenceNames {
  if (partition === undefined) {
    return { heartbeats: HEARTBEAT_BUCKET, roster: ROSTER_BUCKET, publisherLease: PUBLISHER_LEASE };
  }
  return {
    heartbeats: `${HEARTBEAT_BUCKET}-partition.${partition}`,
    roster: `${ROSTER_BUCKET}-${partition}`,
    publisherLease: `${PUBLISHER_LEASE}-${partition}`,
  };
}
