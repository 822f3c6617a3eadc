import type { LeaseAnswer, LeaseFound, Observer } from "./lease-event.ts";
import type { LeaseHold, LeaseKey, LeaseOperation, LeaseRecord, LeaseState } from "./lease-state.ts";

/** Spread of the first look after a release: many candidates must not write at once, one must within 100 ms. */
const AFTER_RELEASE_MS = 40;
/** Time the store may take from a release being heard to its being stored, as long as its leader does not change. */
const RELEASE_SETTLES_MS = 2_000;
/** Spread of the first look after an expiry, and of every look at a key that is due to go: the broker is late itself. */
const AFTER_EXPIRY_MS = 250;
/** Time between looks where the age of a key cannot be known. */
const POLL_MS = 500;
/** Pause after a failure, spread over as much again; also the most that hearsay costs anybody. */
export const RETRY_MS = 150;

/** Hearsay may make a look earlier, or a write a moment later, no more. */
export function hearAsContender(
  state: LeaseState,
  { operation, mine }: { readonly operation: "put" | "delete"; readonly mine: boolean },
  observer: Observer,
): LeaseState {
  const { key, underWay, release } = state;
  if (operation === "delete") {
    const holder = key.kind === "held" ? key.record.holder : release?.holder;
    return {
      ...state,
      key: lookAgain(observer, 0, AFTER_RELEASE_MS),
      release: { heardMono: observer.nowMono, holder },
    };
  }
  if (mine) return state;
  if (underWay) return { ...state, underWay: { ...underWay, heard: true } };
  return key.kind === "free" ? { ...state, key: lookAgain(observer, RETRY_MS) } : state;
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
  found: LeaseFound,
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

/** Forgets what was known of the key: it is to be looked at within a time. */
export function lookAgain(
  { nowMono, random }: Observer,
  afterMs: number,
  spreadMs: number = afterMs,
): Extract<LeaseKey, { readonly kind: "unknown" }> {
  return { kind: "unknown", lookMono: nowMono + afterMs + random() * spreadMs, yielded: false };
}
