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

/** What tells an account of something written from one of something new. */
export interface MatchOptions {
  /** Two masters judge the same event at most this much apart: one found a crash, the other waited for the TTL. */
  readonly ttlMs: number;
  /** Since when this master has judged: what was written before, it has taken in, and has no account of. */
  readonly beganAt: number;
}

/**
 * What is still to be written of the transitions of one peel, in their order, if `record` is the last that was. Somebody else may
 * have written some of them, as he saw them: the same change of the same session that comes closest in time is taken for
 * the record, and what was before it for written. Where there is none, this master has not come so far yet.
 */
export function unwritten(
  transitions: readonly Transition[],
  record: RosterRecord | undefined,
  { ttlMs, beganAt }: MatchOptions,
): readonly RosterChange[] {
  if (!record) return transitions;
  const written = accountOf(record, transitions, ttlMs);
  const untilAt = record.since < beganAt ? record.since : record.since + ttlMs;
  const rest = written >= 0 ? transitions.slice(written + 1) : transitions.filter(({ at }) => at > untilAt);
  let last: Parties & { readonly state: string } = record;
  return rest.filter((transition) => {
    if (isSame(transition, last)) return false;
    last = transition;
    return true;
  });
}

/** Which of the transitions is the one that was written as `record`; -1 if none. */
export function accountOf(record: RosterRecord, transitions: readonly Transition[], ttlMs: number): number {
  let account = -1;
  let closestMs = ttlMs;
  transitions.forEach((transition, index) => {
    const apartMs = Math.abs(transition.at - record.since);
    const isOfRecord = transition.state === record.state && areSameParties(transition, record);
    if (isOfRecord && apartMs <= closestMs) [account, closestMs] = [index, apartMs];
  });
  return account;
}

/**
 * What the roster lacks of what a peel is now, if `record` is the last it has; `undefined` if nothing. A peel that is gone
 * and of which there is no record is no news.
 */
export function difference(peel: PeelPresence, record: RosterRecord | undefined): RosterChange | undefined {
  if (!record && peel.state === "offline") return undefined;
  if (peel.state === "late" && record && record.state !== "offline" && isSameSession(peel, record)) return undefined;
  const state = peel.state === "late" ? "online" : peel.state;
  if (record && isSame({ ...peel, state }, record)) return undefined;
  const { id, session, rival, version, protocol } = peel;
  // Whoever wrote the record may have judged otherwise, and later.
  const at = Math.max(peel.sinceAt, record?.since ?? 0);
  return { id, state, reason: reasonOf(peel, state, record), at, session, rival, version, protocol, mass: false };
}

/** A change as it is written, in this term. */
export function recordOf(change: RosterChange, term: number): RosterRecord {
  const { state, reason, at, session, rival, version, protocol, mass } = change;
  return {
    state,
    reason,
    since: at,
    ...(session !== undefined && { session }),
    ...(rival !== undefined && { rival }),
    version,
    protocol,
    term,
    ...(mass && { mass }),
  };
}

function reasonOf(
  peel: PeelPresence,
  state: RosterChange["state"],
  record: RosterRecord | undefined,
): RosterChange["reason"] {
  if (state === "online") return record ? "returned" : "joined";
  return state === "conflict" ? "conflict" : peel.reason;
}

interface Parties {
  readonly session?: string | undefined;
  readonly rival?: string | undefined;
}

/** Whether a peel is the same after two changes: one that is gone is gone, whichever of its sessions was known last. */
function isSame(one: Parties & { readonly state: string }, other: Parties & { readonly state: string }): boolean {
  return one.state === other.state && (one.state !== "online" || one.session === other.session);
}

/** Who was first in a conflict, each observer sees for himself. */
function areSameParties(one: Parties, other: Parties): boolean {
  if (one.session === other.session) return true;
  return one.rival !== undefined && one.rival === other.session;
}

function isSameSession(one: Parties, other: Parties): boolean {
  return one.session === other.session;
}
