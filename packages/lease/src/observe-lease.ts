import { invariant } from "@fleet/runtime";
import type { LeaseConfig } from "./lease-options.ts";
import {
  type EndReason,
  isVoluntary,
  type LeaseHold,
  type LeaseKey,
  type LeaseOperation,
  type LeaseRecord,
  type LeaseState,
} from "./lease-state.ts";

/** What became of the operation under way. */
export type LeaseAnswer =
  /** The leader was read: the record, or the revision that a write over nothing has to expect. */
  | { readonly kind: "read"; readonly found: LeaseRecord | { readonly freeAt: number } }
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
  | { readonly kind: "stop" };

/** What an observation is made with. */
export interface Observer {
  /** Monotonic time, in ms. */
  readonly nowMono: number;
  readonly config: LeaseConfig;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Spread of the first look after a release: many candidates must not write at once, one must within 100 ms. */
const AFTER_RELEASE_MS = 40;
/** Time the store may take from a release being heard to its being stored, as long as its leader does not change. */
const RELEASE_SETTLES_MS = 2_000;
/** Spread of the first look after an expiry, and of every look at a key that is due to go: the broker is late itself. */
const AFTER_EXPIRY_MS = 250;
/** Time between looks where the age of a key cannot be known. */
const POLL_MS = 500;
/** Pause after a failure, spread over as much again; also the most that hearsay costs anybody. */
const RETRY_MS = 150;

/** What a candidate knows after an event. Pure: the same state, event and observer give the same result. */
export function observeLease(state: LeaseState, event: LeaseEvent, observer: Observer): LeaseState {
  const { hold } = state;
  switch (event.kind) {
    case "stop":
      return { ...state, stopping: true };
    case "step-down":
      return hold ? stayOut(state, observer) : state;
    case "begun":
      invariant(!state.underWay, "one operation at a time");
      return { ...state, underWay: { sinceMono: observer.nowMono, heard: false } };
    case "heard":
      return hold ? hearAsHolder(state, hold, event, observer) : hearAsContender(state, event, observer);
    case "work-started":
      return hold ? { ...state, hold: { ...hold, stage: "working" } } : state;
    case "work-ending":
      return hold ? endWork(state, hold, event.reason, observer) : state;
    case "work-ended":
      return hold ? workEnded(state, hold, observer) : state;
    default: {
      const { underWay } = state;
      invariant(underWay, "an answer has its operation");
      const answered = { ...state, underWay: undefined };
      return hold
        ? answerHolder(answered, hold, event, underWay, observer)
        : answerContender(answered, event, underWay, observer);
    }
  }
}

function stayOut(state: LeaseState, { nowMono, config }: Observer): LeaseState {
  return { ...state, outUntilMono: nowMono + config.ttlMs };
}

/** Somebody else may hold it now. A renew tells for sure, and costs no more than a read. */
function hearAsHolder(
  state: LeaseState,
  hold: LeaseHold,
  { mine }: { readonly mine: boolean },
  { nowMono }: Observer,
): LeaseState {
  if (mine) return state;
  const dueMono = Math.min(hold.dueMono, Math.max(nowMono, hold.goodMono + RETRY_MS));
  return { ...state, hold: { ...hold, dueMono }, underWay: state.underWay && { ...state.underWay, heard: true } };
}

/** Hearsay may make a look earlier, or a write a moment later, no more. */
function hearAsContender(
  state: LeaseState,
  { operation, mine }: { readonly operation: "put" | "delete"; readonly mine: boolean },
  observer: Observer,
): LeaseState {
  const { key, underWay, release } = state;
  if (operation === "delete") {
    const holder = key.kind === "held" ? key.record.holder : release?.holder;
    return { ...state, key: lookAgain(observer, 0, AFTER_RELEASE_MS), release: { heardMono: observer.nowMono, holder } };
  }
  if (mine) return state;
  if (underWay) return { ...state, underWay: { ...underWay, heard: true } };
  return key.kind === "free" ? { ...state, key: lookAgain(observer, RETRY_MS) } : state;
}

function answerContender(
  state: LeaseState,
  answer: LeaseAnswer,
  operation: LeaseOperation,
  observer: Observer,
): LeaseState {
  const { key } = state;
  switch (answer.kind) {
    case "read":
      return readAsContender(state, answer.found, operation, observer);
    case "acquired":
      return { ...state, key: lookAgain(observer, 0), hold: acquiredHold(answer.revision, operation, observer) };
    case "renewed":
      // The answer came when the term had ended already: the record is ours and free for us.
      return { ...state, key: lookAgain(observer, 0) };
    case "read-failed": {
      const again = lookAgain(observer, RETRY_MS);
      return { ...state, key: key.kind === "held" ? { ...key, lookMono: again.lookMono } : again };
    }
    default:
      return { ...state, key: lookAgain(observer, RETRY_MS) };
  }
}

function readAsContender(
  state: LeaseState,
  found: LeaseRecord | { readonly freeAt: number },
  operation: LeaseOperation,
  observer: Observer,
): LeaseState {
  if (!("freeAt" in found) && !found.mine) {
    const key: LeaseKey = { kind: "held", record: found, lookMono: nextLook(state, found, observer) };
    return { ...state, key, greatestTerm: Math.max(state.greatestTerm, found.term ?? 0) };
  }
  // A record of ours is what a write of unknown outcome left, and free for us: the next write expects it.
  const revision = "freeAt" in found ? found.freeAt : found.revision;
  const yielded = state.key.kind === "unknown" && state.key.yielded;
  // Somebody else was quicker, it seems. Who yields once and still finds it free heard a write that was refused.
  if (operation.heard && !yielded) return { ...state, key: { ...lookAgain(observer, RETRY_MS), yielded: true } };
  return { ...state, key: { kind: "free", revision } };
}

/** When a key that is held is worth another look: when it can have expired, and soon while its release may be on its way. */
function nextLook({ release }: LeaseState, found: LeaseRecord, { nowMono, config, random }: Observer): number {
  const settling =
    release !== undefined &&
    nowMono < release.heardMono + RELEASE_SETTLES_MS &&
    (release.holder === undefined || release.holder === found.holder);
  if (settling) return nowMono + RETRY_MS + random() * RETRY_MS;
  // Out of bounds, the age tells that the broker's clock was stepped.
  const ageMs = found.ageMs === undefined ? config.ttlMs - POLL_MS : Math.min(Math.max(found.ageMs, 0), config.ttlMs);
  return nowMono + config.ttlMs - ageMs + random() * AFTER_EXPIRY_MS;
}

function acquiredHold(revision: number, { sinceMono }: LeaseOperation, { nowMono }: Observer): LeaseHold {
  return {
    stage: "acquired",
    revision,
    firstRevision: revision,
    term: undefined,
    goodMono: sinceMono,
    dueMono: nowMono,
    inDoubt: false,
    lost: undefined,
    endReason: undefined,
  };
}

function answerHolder(
  state: LeaseState,
  hold: LeaseHold,
  answer: LeaseAnswer,
  { sinceMono, heard }: LeaseOperation,
  observer: Observer,
): LeaseState {
  const { nowMono, config, random } = observer;
  const holding = (change: Partial<LeaseHold>): LeaseState => ({ ...state, hold: { ...hold, ...change } });
  const retry = () => holding({ dueMono: nowMono + RETRY_MS + random() * RETRY_MS });

  switch (answer.kind) {
    case "renewed":
      return holding({
        revision: answer.revision,
        goodMono: sinceMono,
        dueMono: heard ? nowMono + RETRY_MS : sinceMono + config.renewIntervalMs,
        ...(hold.stage === "confirming" && { stage: "confirmed" }),
      });
    case "last-term": {
      if (hold.stage !== "acquired") return state;
      const term = Math.max(hold.firstRevision, answer.lastTerm + 1, state.greatestTerm + 1);
      return { ...holding({ term, stage: "confirming", dueMono: nowMono }), greatestTerm: term };
    }
    case "refused":
      // The lost reply of an earlier write may have been ours: look before giving up.
      return holding({ inDoubt: true, dueMono: nowMono });
    case "read":
      return readAsHolder(state, hold, answer.found, observer);
    case "read-failed":
      return hold.stage === "ended" ? contend(state, observer) : retry();
    case "released":
      return contend(state, observer);
    default:
      return retry();
  }
}

function readAsHolder(
  state: LeaseState,
  hold: LeaseHold,
  found: LeaseRecord | { readonly freeAt: number },
  observer: Observer,
): LeaseState {
  const lost = whyLost(hold, found);
  if (lost) return hold.stage === "ended" ? contend(state, observer) : { ...state, hold: { ...hold, lost } };
  // A write of ours whose reply was lost. It is not known any more when it was begun: the deadline stays where it was.
  const revision = "freeAt" in found ? hold.revision : found.revision;
  return { ...state, hold: { ...hold, revision, inDoubt: false, dueMono: observer.nowMono } };
}

function whyLost(hold: LeaseHold, found: LeaseRecord | { readonly freeAt: number }): LeaseHold["lost"] {
  if ("freeAt" in found) return "gone";
  if (!found.mine) return "taken";
  // A store that has forgotten an acknowledged write drops the key earlier than the deadline assumes.
  return found.revision < hold.revision ? "gone" : undefined;
}

function endWork(state: LeaseState, hold: LeaseHold, reason: EndReason, observer: Observer): LeaseState {
  const ending: LeaseHold = { ...hold, stage: "ending", endReason: reason };
  const next = reason === "no-term" ? stayOut(state, observer) : state;
  // What has not begun has ended.
  return hold.stage === "working" ? { ...next, hold: ending } : workEnded(next, ending, observer);
}

function workEnded(state: LeaseState, hold: LeaseHold, observer: Observer): LeaseState {
  const { endReason = "stepped-down" } = hold;
  // Work that ends by itself has had enough: let another try.
  const next = hold.endReason === undefined ? stayOut(state, observer) : state;
  if (!isVoluntary(endReason) || hold.lost) return contend(next, observer);
  return { ...next, hold: { ...hold, stage: "ended", endReason } };
}

function contend(state: LeaseState, observer: Observer): LeaseState {
  return { ...state, hold: undefined, key: lookAgain(observer, 0) };
}

function lookAgain({ nowMono, random }: Observer, afterMs: number, spreadMs: number = afterMs) {
  return { kind: "unknown", lookMono: nowMono + afterMs + random() * spreadMs, yielded: false } as const;
}
