import { invariant } from "@fleet/runtime";
import { decideLease } from "../decide-lease.ts";
import type { LeaseEvent } from "../lease-event.ts";
import { type LeaseConfig, resolveLeaseOptions } from "../lease-options.ts";
import { initialLeaseState, type LeaseHold, type LeaseRecord, type LeaseState } from "../lease-state.ts";
import { observeLease } from "../observe-lease.ts";

/** The usual times. */
export const config: LeaseConfig = resolveLeaseOptions({});
export const NEVER: number = Number.POSITIVE_INFINITY;

/** A candidate at a time, to tell things to. */
export class Told {
  state: LeaseState = initialLeaseState(0);
  nowMono = 0;
  isFit = true;
  readonly #random: number;

  constructor(random: number = 0.5) {
    this.#random = random;
  }

  at(nowMono: number, ...events: LeaseEvent[]): this {
    this.nowMono = nowMono;
    const observer = { nowMono, config, random: () => this.#random, isFit: this.isFit };
    for (const event of events) this.state = observeLease(this.state, event, observer);
    return this;
  }

  /** From now on it could not do the work well, or could again. */
  as(fitness: "fit" | "unfit"): this {
    this.isFit = fitness === "fit";
    return this;
  }

  decides(): ReturnType<typeof decideLease> {
    return decideLease(this.state, this.nowMono, config);
  }

  /** When it next does something, if nothing else happens. */
  waitsUntil(): number {
    const action = this.decides();
    return action.kind === "wait" ? action.untilMono : this.nowMono;
  }

  get hold(): LeaseHold {
    invariant(this.state.hold, "it holds the lease");
    return this.state.hold;
  }
}

export const begun: LeaseEvent = { kind: "begun" };
export const refused: LeaseEvent = { kind: "refused" };
export const unknown: LeaseEvent = { kind: "unknown" };
export const heardPut: LeaseEvent = { kind: "heard", operation: "put", mine: false };
export const heardDelete: LeaseEvent = { kind: "heard", operation: "delete", mine: false };
export const free: LeaseEvent = { kind: "read", found: { freeAt: 0, bucketRevision: 9 } };

/** The record of another, written a second ago, or as changed. */
export function found(change: Partial<LeaseRecord> & { readonly bucketRevision?: number } = {}): LeaseEvent {
  const record = { revision: 5, holder: "other", mine: false, term: 2, acquiredAt: undefined, ageMs: 1_000 };
  return { kind: "read", found: { bucketRevision: 9, ...record, ...change } };
}

/** At work since 0 under term 10, renewed at 3,000. */
export function working(): Told {
  const told = new Told();
  told.at(0, begun, free, begun, { kind: "acquired", revision: 10 });
  told.at(0, begun, { kind: "last-term", lastTerm: 0 }, begun, { kind: "renewed", revision: 11 });
  told.at(0, { kind: "work-started" });
  return told.at(3_000, begun).at(3_010, { kind: "renewed", revision: 12 });
}
