/** A lease as it lay in the bucket when it was read from the leader. */
export interface LeaseRecord {
  readonly revision: number;
  /** Id of the holder. */
  readonly holder: string;
  /** Written by this very candidate: same id and same session. */
  readonly mine: boolean;
  /** Fencing token; `undefined` from a holder that writes none, or has not chosen it yet. */
  readonly term: number | undefined;
  /** When it was acquired, wall time in ms since the epoch by the holder's clock; `undefined` if not told. */
  readonly acquiredAt: number | undefined;
  /** Time since it was written by the broker's clock; `undefined` where the server does not tell its time. */
  readonly ageMs: number | undefined;
}

/** What a candidate knows of the lease's key. */
export type LeaseKey =
  /** Must be read, at `lookMono`. `yielded`: not looked at, or not taken, once already because another was heard writing it. */
  | { readonly kind: "unknown"; readonly lookMono: number; readonly yielded: boolean }
  /** Nobody holds it. A write has to expect `revision`, 0 or that of a delete marker, and the bucket as it was read. */
  | { readonly kind: "free"; readonly revision: number; readonly bucketRevision: number }
  /** Somebody else holds it; to be looked at again at `lookMono`. */
  | { readonly kind: "held"; readonly record: LeaseRecord; readonly lookMono: number };

/** Why a holder ends its term. */
export type EndReason =
  /** The process is stopping. */
  | "stopped"
  /** Somebody asked it to, or its work ended by itself. */
  | "stepped-down"
  /** It could not do the work well any more, and another may. */
  | "unfit"
  /** The greatest term used so far could not be found, so work cannot begin; others may have more luck. */
  | "no-term"
  /** No renew succeeded in time. */
  | "deadline"
  /** Another holds the key. */
  | "taken"
  /** The key, or the whole bucket, is gone. */
  | "gone";

/** A term of holding, from the acquiring write to the end of the work under it. */
export interface LeaseHold {
  /**
   * `acquired`: no term yet; `confirming`: term chosen, to be written by one good renew; `confirmed`: work may begin;
   * `working`: the work signal is alive; `ending`: it is aborted, the work has not ended yet; `ended`: the key can be
   * given back.
   */
  readonly stage: "acquired" | "confirming" | "confirmed" | "working" | "ending" | "ended";
  /** The last revision known to be ours. */
  readonly revision: number;
  /** Revision of the acquiring write: the least the term can be. */
  readonly firstRevision: number;
  /** The fencing token; `undefined` until chosen. */
  readonly term: number | undefined;
  /** When the last good renew, or the acquiring write, was *begun*. The deadline is counted from here. */
  readonly goodMono: number;
  /** When the next step is due: a renew, or another try of what failed. */
  readonly dueMono: number;
  /** A write was refused: the key must be read before anything else is written. */
  readonly inDoubt: boolean;
  /** Found to be no longer ours, and why. */
  readonly lost: "taken" | "gone" | undefined;
  /** Was told to leave the work to those who are fit. */
  readonly unfit: boolean;
  /** Why the term ends; `undefined` until it does. */
  readonly endReason: EndReason | undefined;
}

/** A request to the bucket that has not been answered yet. */
export interface LeaseOperation {
  /** When it was begun: before anything of it left this process. */
  readonly sinceMono: number;
  /** Somebody else was heard writing the key since. */
  readonly heard: boolean;
}

/** Everything that decides what a candidate does next. Only `observeLease` makes new ones. */
export interface LeaseState {
  readonly key: LeaseKey;
  readonly hold: LeaseHold | undefined;
  /** There are never two operations under way. */
  readonly underWay: LeaseOperation | undefined;
  /** The last release heard of, and whose it was if that was known. */
  readonly release: { readonly heardMono: number; readonly holder: string | undefined } | undefined;
  /** Greatest term met with; whatever forgets its terms, this candidate does not go back behind it. */
  readonly greatestTerm: number;
  /** Since when this candidate finds the key free and leaves it to those who are fit; `undefined` while it does not. */
  readonly yieldingSinceMono: number | undefined;
  /** Not to be acquired before this, after stepping down. */
  readonly outUntilMono: number;
  readonly stopping: boolean;
}

/** A candidate that has just begun. */
export function initialLeaseState(nowMono: number): LeaseState {
  return {
    key: { kind: "unknown", lookMono: nowMono, yielded: false },
    hold: undefined,
    underWay: undefined,
    release: undefined,
    greatestTerm: 0,
    yieldingSinceMono: undefined,
    outUntilMono: Number.NEGATIVE_INFINITY,
    stopping: false,
  };
}

/**
 * Whether work under the lease may go on at `nowMono`. It turns false by the mere passing of time, at the renew
 * deadline counted from the start of the last good renew.
 */
export function mayWork({ hold }: LeaseState, nowMono: number, renewDeadlineMs: number): boolean {
  return hold?.stage === "working" && !hold.lost && nowMono < hold.goodMono + renewDeadlineMs;
}

/** Whether the holder ends its term of its own will, and so keeps the key until its work has ended. */
export function isVoluntary(reason: EndReason | undefined): boolean {
  return reason === "stopped" || reason === "stepped-down" || reason === "unfit" || reason === "no-term";
}
