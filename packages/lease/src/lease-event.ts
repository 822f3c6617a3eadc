import type { LeaseConfig } from "./lease-options.ts";
import type { EndReason, LeaseRecord } from "./lease-state.ts";

/** What a read of the leader found: the record, or the revision that a write over nothing has to expect. */
export type LeaseFound = (LeaseRecord | { readonly freeAt: number }) & {
  /** The last revision of the whole bucket. */
  readonly bucketRevision: number;
};

/** What became of the operation under way. */
export type LeaseAnswer =
  /** The leader was read. */
  | { readonly kind: "read"; readonly found: LeaseFound }
  | { readonly kind: "read-failed" }
  /** A write of ours was stored. */
  | { readonly kind: "acquired"; readonly revision: number }
  | { readonly kind: "renewed"; readonly revision: number }
  /** A write or release of ours was refused: the key is not at the revision expected. */
  | { readonly kind: "refused" }
  /** A write of ours may have been stored or not: timed out, no leader, disconnected. */
  | { readonly kind: "unknown" }
  /** The greatest term used before this one. */
  | { readonly kind: "last-term"; readonly lastTerm: number }
  | { readonly kind: "last-term-failed" }
  /** The release was sent; if it did not arrive, the key expires. */
  | { readonly kind: "released" };

/** Something a candidate has learned. */
export type LeaseEvent =
  /** An operation was begun: told before anything of it leaves this process, for its time counts. */
  | { readonly kind: "begun" }
  | LeaseAnswer
  /** A write to the key was heard on the wire; it may have been refused, and is not stored yet if it was not. */
  | { readonly kind: "heard"; readonly operation: "put" | "delete"; readonly mine: boolean }
  | { readonly kind: "work-started" }
  /** The term ends; the work signal was aborted, if work had begun. */
  | { readonly kind: "work-ending"; readonly reason: EndReason }
  /** The work under the signal has ended, by itself or told to. */
  | { readonly kind: "work-ended" }
  | { readonly kind: "step-down" }
  | { readonly kind: "unfit" }
  | { readonly kind: "stop" };

/** What an observation is made with. */
export interface Observer {
  /** Monotonic time, in ms. */
  readonly nowMono: number;
  readonly config: LeaseConfig;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether it could do the work well; see `ElectorParts.isFit`. @default true */
  readonly isFit?: boolean;
}
