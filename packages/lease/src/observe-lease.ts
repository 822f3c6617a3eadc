import type { LeaseConfig } from "./lease-options.ts";
import type { EndReason, LeaseHold, LeaseKey, LeaseRecord, LeaseState } from "./lease-state.ts";

/** Something a candidate has learned. Times are monotonic, in ms. */
export type LeaseEvent =
  /** The leader was read: the record, or the revision that a write over nothing has to expect. */
  | { readonly kind: "read"; readonly found: LeaseRecord | { readonly freeAt: number } }
  | { readonly kind: "read-failed" }
  /** A write of ours was stored; `startedMono`: when it was begun. */
  | { readonly kind: "acquired"; readonly revision: number; readonly startedMono: number }
  | { readonly kind: "renewed"; readonly revision: number; readonly startedMono: number }
  /** A write of ours was refused: the key is not at the revision expected. */
  | { readonly kind: "refused" }
  /** A write of ours may have been stored or not: timed out, no leader, disconnected. */
  | { readonly kind: "unknown" }
  /** The greatest term used before this one. */
  | { readonly kind: "last-term"; readonly lastTerm: number }
  | { readonly kind: "last-term-failed" }
  /** A write to the key was heard on the wire; it may have been refused. */
  | { readonly kind: "heard"; readonly operation: "put" | "delete"; readonly mine: boolean }
  /** The work signal was aborted. */
  | { readonly kind: "work-ending"; readonly reason: EndReason }
  /** The work under the signal has ended, by itself or told to. */
  | { readonly kind: "work-ended" }
  /** The release was sent; if it did not arrive, the key expires. */
  | { readonly kind: "released" }
  | { readonly kind: "step-down" }
  | { readonly kind: "stop" };

/** What an observation is made with. */
export interface Observer {
  readonly nowMono: number;
  readonly config: LeaseConfig;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Spread of the first look after a release: many candidates must not write at once, one must within 100 ms. */
const AFTER_RELEASE_MS = 40;
/** Spread of the first look after an expiry, and of every look at a key that is due to go: the broker is late itself. */
const AFTER_EXPIRY_MS = 250;
/** Time between looks where the age of a key cannot be known. */
const POLL_MS = 500;
/** Pause after a failure, spread over as much again. */
const RETRY_MS = 150;

/** What a candidate knows after an event. Pure: the same state, event and observer give the same result. */
export function observeLease(state: LeaseState, event: LeaseEvent, observer: Observer): LeaseState {
  switch (event.kind) {
    case "stop":
      return { ...state, stopping: true };
    case "step-down":
      return state.hold ? { ...state, outUntilMono: observer.nowMono + observer.config.ttlMs } : state;
    case "acquired":
      return { ...state, key: unknown(observer, 0), hold: acquiredHold(event, observer) };
    default:
      return state.hold
        ? observeAsHolder(state, state.hold, event, observer)
        : { ...state, key: observeAsContender(state.key, event, observer) };
  }
}

function observeAsContender(key: LeaseKey, event: LeaseEvent, observer: Observer): LeaseKey {
  switch (event.kind) {
    case "read":
      return keyFrom(event.found, observer);
    case "read-failed":
    case "unknown":
    case "refused":
      return unknown(observer, RETRY_MS);
    case "heard":
      if (event.operation === "delete") return unknown(observer, 0, AFTER_RELEASE_MS);
      // Somebody else is writing it at this moment. Hearsay may make a look earlier, or a write a moment later, no more.
      return key.kind === "free" && !event.mine ? unknown(observer, RETRY_MS) : key;
    default:
      return key;
  }
}

/** A record of ours is free for us: it is what a write of unknown outcome left, and the next write expects it. */
function keyFrom(found: LeaseRecord | { readonly freeAt: number }, observer: Observer): LeaseKey {
  if ("freeAt" in found) return { kind: "free", revision: found.freeAt };
  if (found.mine) return { kind: "free", revision: found.revision };
  const { nowMono, config, random } = observer;
  const leftMs = found.ageMs === undefined ? POLL_MS : Math.max(0, config.ttlMs - found.ageMs);
  return { kind: "held", record: found, lookMono: nowMono + leftMs + random() * AFTER_EXPIRY_MS };
}

function unknown({ nowMono, random }: Observer, afterMs: number, spreadMs: number = afterMs): LeaseKey {
  return { kind: "unknown", lookMono: nowMono + afterMs + random() * spreadMs };
}

function acquiredHold(event: { revision: number; startedMono: number }, { nowMono }: Observer): LeaseHold {
  return {
    revision: event.revision,
    firstRevision: event.revision,
    goodMono: event.startedMono,
    dueMono: nowMono,
    term: undefined,
    stage: "acquired",
    inDoubt: false,
    lost: undefined,
    endReason: undefined,
  };
}

function observeAsHolder(state: LeaseState, hold: LeaseHold, event: LeaseEvent, observer: Observer): LeaseState {
  const { nowMono, config, random } = observer;
  const retryMono = nowMono + RETRY_MS + random() * RETRY_MS;
  const holding = (change: Partial<LeaseHold>): LeaseState => ({ ...state, hold: { ...hold, ...change } });
  const contending: LeaseState = { ...state, hold: undefined, key: unknown(observer, 0) };

  switch (event.kind) {
    case "renewed":
      return holding({
        revision: event.revision,
        goodMono: event.startedMono,
        dueMono: event.startedMono + config.renewIntervalMs,
        ...(hold.stage === "confirming" && { stage: "working" }),
      });
    case "last-term":
      return holding({ term: Math.max(hold.firstRevision, event.lastTerm + 1), stage: "confirming", dueMono: nowMono });
    case "unknown":
    case "read-failed":
    case "last-term-failed":
      return holding({ dueMono: retryMono });
    case "refused":
      // The lost reply may have been ours: look before giving up.
      return holding({ inDoubt: true, dueMono: nowMono });
    case "heard":
      return event.mine ? state : holding({ inDoubt: true, dueMono: nowMono });
    case "read":
      if ("freeAt" in event.found) return holding({ lost: "gone" });
      if (!event.found.mine) return holding({ lost: "taken" });
      // A write of ours whose reply was lost. When it was begun is not known any more: the deadline stays where it was.
      return holding({ revision: event.found.revision, inDoubt: false, dueMono: Math.min(hold.dueMono, nowMono) });
    case "work-ending":
      return holding({ stage: "ending", endReason: event.reason });
    case "work-ended": {
      const voluntary = hold.endReason === "stopped" || hold.endReason === "stepped-down";
      return voluntary && !hold.lost ? holding({ stage: "ended" }) : contending;
    }
    case "released":
      return contending;
    default:
      return state;
  }
}
