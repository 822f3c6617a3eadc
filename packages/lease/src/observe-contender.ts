import type { LeaseAnswer, LeaseFound, Observer } from "./lease-event.ts";
import type { LeaseHold, LeaseKey, LeaseOperation, LeaseRecord, LeaseState } from "./lease-state.ts";

/** Spread of the first look after a release: many candidates must not write at once, one must within 100 ms. */
const AFTER_RELEASE_MS = 40;
/** Time the store may take from a release being heard to its being stored, as long as its leader does not change. */
const RELEASE_SETTLES_MS = 2_000;
/** Longest time the broker takes to drop a key that is due. Looks before that would be under way by the dozen when it goes. */
const EXPIRY_LATE_MS = 320;
/** Spread of the looks after that. */
const AFTER_EXPIRY_MS = 150;
/** Time between looks where the age of a key cannot be known, and its spread. */
const POLL_MS = 500;
const POLL_SPREAD_MS = 250;
/** Pause after a failure, spread over as much again; also the most that hearsay costs anybody. */
export const RETRY_MS = 150;
/** How steeply the delays drawn become more frequent towards the late end: good for e^6, some 400, candidates. */
const SUPPRESSION = 6;

/**
 * A part of a spread, in [0, 1). Most are late and few are early, so that of any number of candidates the first ones stand
 * apart: those that come before they can have heard of the first are about as few among hundreds as among ten. Multicast
 * protocols keep their receivers from answering all at once in this way.
 */
export function drawDelay(random: number): number {
  return Math.log1p(random * Math.expm1(SUPPRESSION)) / SUPPRESSION;
}

/** Hearsay may make a look earlier, or one look or write a moment later, no more. */
export function hearAsContender(
  state: LeaseState,
  { operation, mine }: { readonly operation: "put" | "delete"; readonly mine: boolean },
  observer: Observer,
): LeaseState {
  const { key, underWay, release } = state;
  if (operation === "delete") {
    const soon = lookSoon(observer);
    return {
      ...state,
      key: key.kind === "unknown" ? { ...key, lookMono: Math.min(key.lookMono, soon.lookMono) } : soon,
      release: { heardMono: observer.nowMono, holder: key.kind === "held" ? key.record.holder : release?.holder },
    };
  }
  if (mine) return state;
  if (underWay) return { ...state, underWay: { ...underWay, heard: true } };
  // Somebody else is quicker, it seems.
  const yields = key.kind === "free" || (key.kind === "unknown" && !key.yielded);
  return yields ? { ...state, key: { ...lookAgain(observer), yielded: true } } : state;
}

export function answerContender(
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
      return { ...state, key: lookNow(observer), hold: acquiredHold(answer.revision, operation, observer) };
    case "renewed":
      // The answer came when the term had ended already: the record is ours and free for us.
      return { ...state, key: lookNow(observer) };
    case "read-failed": {
      const again = lookAgain(observer);
      return { ...state, key: key.kind === "held" ? { ...key, lookMono: again.lookMono } : again };
    }
    default:
      return { ...state, key: lookAgain(observer) };
  }
}

function readAsContender(
  state: LeaseState,
  found: LeaseFound,
  operation: LeaseOperation,
  observer: Observer,
): LeaseState {
  if (!("freeAt" in found) && !found.mine) {
    const key: LeaseKey = { kind: "held", record: found, lookMono: nextLook(state, found, observer) };
    const greatestTerm = Math.max(state.greatestTerm, found.term ?? 0);
    return { ...state, key, greatestTerm, yieldingSinceMono: undefined };
  }
  // A record of ours is what a write of unknown outcome left, and free for us: the next write expects it.
  const revision = "freeAt" in found ? found.freeAt : found.revision;
  const { key } = state;
  const isLate = key.kind !== "free" && observer.nowMono - key.lookMono > AFTER_RELEASE_MS;
  const yielded = key.kind === "unknown" && key.yielded;
  // Somebody else may have been quicker. Who has yielded and still finds it free does not do so again.
  if ((operation.heard || isLate) && !yielded) return { ...state, key: { ...lookAgain(observer), yielded: true } };
  const yieldingSinceMono = state.yieldingSinceMono ?? observer.nowMono;
  // Whoever is fit takes it meanwhile. If nobody does, one who is not is better than nobody.
  if (observer.isFit === false && observer.nowMono < yieldingSinceMono + observer.config.ttlMs) {
    return { ...state, key: { ...lookAgain(observer), yielded: true }, yieldingSinceMono };
  }
  return {
    ...state,
    key: { kind: "free", revision, bucketRevision: found.bucketRevision },
    yieldingSinceMono: undefined,
  };
}

/** When a key that is held is worth another look: when it can have expired, and soon while its release may be on its way. */
function nextLook({ release }: LeaseState, found: LeaseRecord, observer: Observer): number {
  const { nowMono, config, random } = observer;
  const settling =
    release !== undefined &&
    nowMono < release.heardMono + RELEASE_SETTLES_MS &&
    (release.holder === undefined || release.holder === found.holder);
  if (settling) return retryMono(observer);
  if (found.ageMs === undefined) return nowMono + POLL_MS + drawDelay(random()) * POLL_SPREAD_MS;
  const goneMs = config.ttlMs + EXPIRY_LATE_MS;
  // Out of bounds, the age tells that the broker's clock was stepped.
  const ageMs = Math.min(Math.max(found.ageMs, 0), goneMs);
  return nowMono + goneMs - ageMs + drawDelay(random()) * AFTER_EXPIRY_MS;
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
    unfit: false,
    endReason: undefined,
  };
}

/** Whatever was known of the key does not count any more; to be looked at now. */
export function lookNow({ nowMono }: Observer): LeaseKey {
  return { kind: "unknown", lookMono: nowMono, yielded: false };
}

/** The same; to be looked at within the spread that candidates have after a release. */
function lookSoon({ nowMono, random }: Observer): Extract<LeaseKey, { readonly kind: "unknown" }> {
  return { kind: "unknown", lookMono: nowMono + drawDelay(random()) * AFTER_RELEASE_MS, yielded: false };
}

/** The same; to be looked at in a moment. */
function lookAgain(observer: Observer): Extract<LeaseKey, { readonly kind: "unknown" }> {
  return { kind: "unknown", lookMono: retryMono(observer), yielded: false };
}

/** When something that has failed is tried again. */
export function retryMono({ nowMono, random }: Observer): number {
  return nowMono + RETRY_MS + random() * RETRY_MS;
}
