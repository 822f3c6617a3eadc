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
export { createLeaseStore, type LeaseStore, type LeaseStoreParts, readLeaseRecord } from "./lease-store.ts";
export { observeLease } from "./observe-lease.ts";
