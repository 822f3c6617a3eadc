import type { RosterRecord } from "@fleet/wire";
import type { PeelPresence } from "./presence-view.ts";
import type { Transition } from "./transition.ts";

/** What is to be written into the roster, but for the term. */
export type RosterChange = Pick<Transition, "id" | "state" | "reason" | "at" | "mass"> & {
  readonly session: string | undefined;
  readonly rival: string | undefined;
  readonly version: string;
  readonly protocol: number;
};

/** Two masters that judge the same event can do so this much apart: one found a crash, the other waited for the TTL. */
export interface MatchOptions {
  readonly ttlMs: number;
}

/**
 * What is still to be written of the transitions of one peel, in their order, if `record` is the last that was. Somebody else may
 * have written some of them, as he saw them: the one that comes closest in time is taken for the record, and what was
 * before it for written.
 */
export function unwritten(
  transitions: readonly Transition[],
  record: RosterRecord | undefined,
  { ttlMs }: MatchOptions,
): readonly RosterChange[] {
  if (!record) return transitions;
  let written = -1;
  let closestMs = ttlMs;
  transitions.forEach((transition, index) => {
    const apartMs = Math.abs(transition.at - record.since);
    if (isSame(transition, record) && apartMs <= closestMs) [written, closestMs] = [index, apartMs];
  });
  const rest = written >= 0 ? transitions.slice(written + 1) : transitions.filter(({ at }) => at > record.since);
  let last: Pick<RosterRecord, "state"> & { readonly session?: string | undefined } = record;
  return rest.filter((transition) => {
    if (isSame(transition, last)) return false;
    last = transition;
    return true;
  });
}

/** What the roster lacks of what a peel is now, if `record` is the last it has; `undefined` if nothing. */
export function difference(peel: PeelPresence, record: RosterRecord | undefined): RosterChange | undefined {
  if (peel.state === "late" && record && record.state !== "offline" && isSameSession(peel, record)) return undefined;
  const state = peel.state === "late" ? "online" : peel.state;
  if (record && isSame({ ...peel, state }, record)) return undefined;
  const { id, session, rival, version, protocol, sinceAt: at } = peel;
  return { id, state, reason: reasonOf(peel, state, record), at, session, rival, version, protocol, mass: false };
}

function reasonOf(
  peel: PeelPresence,
  state: RosterChange["state"],
  record: RosterRecord | undefined,
): RosterChange["reason"] {
  if (state === "online") return record ? "returned" : "joined";
  return state === "conflict" ? "conflict" : peel.reason;
}

/** Whether two accounts are of the same change. Who was first in a conflict, each observer sees for himself. */
function isSame(
  a: { readonly state: string; readonly session?: string | undefined },
  b: { readonly state: string; readonly session?: string | undefined },
): boolean {
  if (a.state !== b.state) return false;
  // A peel that is gone is gone, whichever of its sessions was known last.
  return a.state !== "online" || isSameSession(a, b);
}

function isSameSession(
  a: { readonly session?: string | undefined },
  b: { readonly session?: string | undefined },
): boolean {
  return a.session === b.session;
}
