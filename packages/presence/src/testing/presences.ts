import type { PeelPresence } from "../presence-view.ts";
import type { Transition } from "../transition.ts";

/** A peel as a view shows it after this transition. */
export function presenceAfter(transition: Transition, changes: Partial<PeelPresence> = {}): PeelPresence {
  const { id, state, reason, at, session, rival, version, protocol } = transition;
  return {
    id,
    state,
    reason,
    sinceAt: at,
    session,
    rival,
    version,
    protocol,
    intervalMs: 10_000,
    pingable: true,
    seq: 1,
    lastBeatAgoMs: 0,
    clockSkewMs: 0,
    evidence: [],
    ...changes,
  };
}
