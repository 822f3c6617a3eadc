import type { EndReason } from "./lease-state.ts";

/** Where a candidate stands. Wall times are ms since the epoch. */
export type LeaseStanding =
  | { readonly role: "holder"; readonly term: number; readonly since: number; readonly renewedAt: number }
  /** `holder` and `since` are `undefined` while nobody is known to hold it. */
  | { readonly role: "standby"; readonly holder: string | undefined; readonly since: number | undefined };

/** What becomes of a candidacy, as it happens: for the log and the metrics. */
export interface LeaseEvents {
  onAcquired?(term: number): void;
  onEnded?(reason: EndReason, term: number): void;
  /** A renew was answered, well or not; a write that only tried to acquire is none. */
  onRenew?(durationMs: number): void;
}
