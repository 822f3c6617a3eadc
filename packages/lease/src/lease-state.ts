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
  /** Must be read, at `lookMono`. */
  | { readonly kind: "unknown"; readonly lookMono: number }
  /** Nobody holds it. `revision` is the one a write has to expect: 0, or that of a delete marker. */
  | { readonly kind: "free"; readonly revision: number }
  /** Somebody else holds it; to be looked at again at `lookMono`. */
  | { readonly kind: "held"; readonly record: LeaseRecord; readonly lookMono: number };

/** Why a holder ends its term. */
export type EndReason =
  /** The process is stopping. */
  | "stopped"
  /** Somebody asked it to. */
  | "stepped-down"
  /** No renew succeeded in time. */
  | "deadline"
  /** Another holds the key. */
  | "taken"
  /** The key, or the whole bucket, is gone. */
  | "gone";

/** A term of holding, from the acquiring write to the end of the work under it. */
export interface LeaseHold {
  /** The last revision known to be ours. */
  readonly revision: number;
  /** Revision of the acquiring write: the least the term can be. */
  readonly firstRevision: number;
  /** When the last good renew, or the acquiring write, was *started*. The deadline is counted from here. */
  readonly goodMono: number;
  /** When the next write or read is due. */
  readonly dueMono: number;
  /** The fencing token; `undefined` until chosen. */
  readonly term: number | undefined;
  /**
   * `acquired`: no term yet; `confirming`: term chosen, to be written by one good renew; `working`: the work signal
   * is alive; `ending`: it is aborted, the work has not ended yet; `ended`: the key can be released.
   */
  readonly stage: "acquired" | "confirming" | "working" | "ending" | "ended";
  /** A renew was refused, or somebody else was heard: the key must be read before anything else is written. */
  readonly inDoubt: boolean;
  /** Found to be no longer ours, and why. */
  readonly lost: "taken" | "gone" | undefined;
  /** Why work was told to end. */
  readonly endReason: EndReason | undefined;
}

/** Everything that decides what a candidate does next. Only `observeLease` makes new ones. */
export interface LeaseState {
  readonly key: LeaseKey;
  readonly hold: LeaseHold | undefined;
  /** Not to be acquired before this, after stepping down. */
  readonly outUntilMono: number;
  readonly stopping: boolean;
}

/** A candidate that has just begun. */
export function initialLeaseState(nowMono: number): LeaseState {
  return {
    key: { kind: "unknown", lookMono: nowMono },
    hold: undefined,
    outUntilMono: Number.NEGATIVE_INFINITY,
    stopping: false,
  };
}

/**
 * Whether work under the lease may go on at `nowMono`. It turns false by the mere passing of time, at the renew
 * deadline counted from the start of the last good renew.
 */
export function mayWork({ hold }: LeaseState, nowMono: number, renewDeadlineMs: number): boolean {
  return hold?.stage === "working" && nowMono < hold.goodMono + renewDeadlineMs;
}
