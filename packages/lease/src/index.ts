/**
 * A named lease on a key of a bucket with a TTL, so that of several candidates one works at a time.
 *
 * **What is guaranteed.** While the bucket lives and the broker's clock does not step, no two work signals are alive at
 * once: whatever messages are lost, late or answered in vain, however long a process is stopped, however wall clocks jump,
 * and although clocks may differ in rate by 5 %. Each term is greater than any used before. Somebody holds the lease within
 * 100 ms of a release, and within the TTL and a second of a holder's death, once the network lets one through; candidates that
 * are not fit for the work wait for one that is, and one TTL longer at most.
 *
 * **What is asked of the work.** It ends when its signal aborts, and asks `isHeld()` before anything that cannot be undone:
 * a process that wakes from a pause runs on until its event loop comes to the abort, and only the clock knows better.
 *
 * **What is not guaranteed.** No lease can take back what has left the process, and this one cannot help being held twice
 * if the bucket or its key is removed or put back to an earlier state, or gets a shorter TTL; if the broker's clock is
 * stepped forward, or another server takes over its stream with a clock ahead by more than the slack (1.6 s of the usual
 * times) or, before 2.10, in the very moment of an acquisition; or if the holder's monotonic clock stands still while time passes, as it does in a machine that is suspended. In
 * all of these there are two holders for a while, of whom the later has the greater term: what matters is written behind
 * the fence of `@fleet/bus`, which lets the broker itself refuse the earlier one.
 *
 * **How to read it.** `observeLease` turns what a candidate learns into what it knows, `decideLease` turns that into the
 * one next step, and the elector performs the steps. Both functions are pure.
 */
export { decideLease, type LeaseAction } from "./decide-lease.ts";
export { createElector, type Elector, type ElectorParts, type LeaseGrant } from "./elector.ts";
export { type LeaseErrorCode, leaseErrors } from "./errors.ts";
export { createLeaseCheck } from "./lease-check.ts";
export type { LeaseAnswer, LeaseEvent, LeaseFound, Observer } from "./lease-event.ts";
export { type ListedLease, listLeases } from "./lease-listing.ts";
export { type LeaseMetrics, registerLeaseMetrics } from "./lease-metrics.ts";
export { type LeaseConfig, type LeaseOptions, leaseOfTtl, resolveLeaseOptions } from "./lease-options.ts";
export {
  type EndReason,
  initialLeaseState,
  type LeaseHold,
  type LeaseKey,
  type LeaseRecord,
  type LeaseState,
  mayWork,
} from "./lease-state.ts";
export type { LeaseEvents, LeaseStanding } from "./lease-status.ts";
export {
  createLeaseStore,
  type LeaseStore,
  type LeaseStoreParts,
  type LeaseWrite,
  readLeaseRecord,
} from "./lease-store.ts";
export { observeLease } from "./observe-lease.ts";
