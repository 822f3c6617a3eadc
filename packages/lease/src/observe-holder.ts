import type { LeaseAnswer, LeaseFound, Observer } from "./lease-event.ts";
import { type EndReason, isVoluntary, type LeaseHold, type LeaseOperation, type LeaseState } from "./lease-state.ts";
import { lookNow, RETRY_MS, retryMono } from "./observe-contender.ts";

/** Somebody else may hold it now. A renew tells for sure, and costs no more than a read. */
export function hearAsHolder(
  state: LeaseState,
  hold: LeaseHold,
  { mine }: { readonly mine: boolean },
  { nowMono }: Observer,
): LeaseState {
  if (mine) return state;
  const dueMono = Math.min(hold.dueMono, Math.max(nowMono, hold.goodMono + RETRY_MS));
  return { ...state, hold: { ...hold, dueMono }, underWay: state.underWay && { ...state.underWay, heard: true } };
}

/** Leaves the lease to others for one TTL. */
export function stayOut(state: LeaseState, { nowMono, config }: Observer): LeaseState {
  return { ...state, outUntilMono: nowMono + config.ttlMs };
}

export function answerHolder(
  state: LeaseState,
  hold: LeaseHold,
  answer: LeaseAnswer,
  { sinceMono, heard }: LeaseOperation,
  observer: Observer,
): LeaseState {
  const { nowMono, config } = observer;
  const holding = (change: Partial<LeaseHold>): LeaseState => ({ ...state, hold: { ...hold, ...change } });
  const retry = () => holding({ dueMono: retryMono(observer) });

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

function readAsHolder(state: LeaseState, hold: LeaseHold, found: LeaseFound, observer: Observer): LeaseState {
  const lost = whyLost(hold, found);
  if (lost) return hold.stage === "ended" ? contend(state, observer) : { ...state, hold: { ...hold, lost } };
  const revision = "freeAt" in found ? hold.revision : found.revision;
  // A write of ours whose reply was lost. It is not known any more when it was begun: the deadline stays where it was. If
  // it is not there yet, as in a cluster that is still at it, it is what stands in the way of the next one.
  const dueMono = revision > hold.revision ? observer.nowMono : retryMono(observer);
  return { ...state, hold: { ...hold, revision, inDoubt: false, dueMono } };
}

function whyLost(hold: LeaseHold, found: LeaseFound): LeaseHold["lost"] {
  if ("freeAt" in found) return "gone";
  if (!found.mine) return "taken";
  // A store that has forgotten an acknowledged write drops the key earlier than the deadline assumes.
  return found.revision < hold.revision ? "gone" : undefined;
}

export function endWork(state: LeaseState, hold: LeaseHold, reason: EndReason, observer: Observer): LeaseState {
  const ending: LeaseHold = { ...hold, stage: "ending", endReason: reason };
  const next = reason === "no-term" ? stayOut(state, observer) : state;
  // What has not begun has ended.
  return hold.stage === "working" ? { ...next, hold: ending } : workEnded(next, ending, observer);
}

export function workEnded(state: LeaseState, hold: LeaseHold, observer: Observer): LeaseState {
  const { endReason = "stepped-down" } = hold;
  // Work that ends by itself has had enough: let another try.
  const next = hold.endReason === undefined ? stayOut(state, observer) : state;
  if (!isVoluntary(endReason) || hold.lost) return contend(next, observer);
  return { ...next, hold: { ...hold, stage: "ended", endReason } };
}

function contend(state: LeaseState, observer: Observer): LeaseState {
  return { ...state, hold: undefined, key: lookNow(observer) };
}
