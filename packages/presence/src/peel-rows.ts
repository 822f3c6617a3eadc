import type { PeelRow } from "@fleet/wire";
import type { FactsMirror } from "./facts-mirror.ts";
import { type ListedFacts, NO_FACTS } from "./listed-facts.ts";
import type { PeelPresence, PresenceView } from "./presence-view.ts";

/** What lists are made from. */
export interface PeelSources {
  readonly view: Pick<PresenceView, "get" | "peels" | "blindness">;
  readonly facts: Pick<FactsMirror, "get" | "ids" | "size">;
}

/** Every peel of the view, then those of which there are facts alone, in no order; `nowAt` is wall time, ms since the epoch. */
export function* peelRows({ view, facts }: PeelSources, nowAt: number): IterableIterator<PeelRow> {
  let withFacts = 0;
  for (const peel of view.peels()) {
    const told = facts.get(peel.id);
    if (told) withFacts += 1;
    yield rowOf(peel, told, nowAt);
  }
  // Most often these were all of them: nobody need be looked up then.
  if (withFacts === facts.size) return;
  for (const id of facts.ids()) {
    if (!view.get(id)) yield neverHeard(id, facts.get(id));
  }
}

/** One peel; `undefined` if nothing is known of it. */
export function peelRow(id: string, { view, facts }: PeelSources, nowAt: number): PeelRow | undefined {
  const peel = view.get(id);
  const told = facts.get(id);
  if (peel) return rowOf(peel, told, nowAt);
  return told && neverHeard(id, told);
}

function rowOf(peel: PeelPresence, told: ListedFacts = NO_FACTS, nowAt: number): PeelRow {
  return {
    id: peel.id,
    state: peel.state,
    reason: peel.reason,
    sinceMs: nowAt - peel.sinceAt,
    lastSeenMs: peel.lastBeatAgoMs,
    version: peel.version || told.version,
    os: told.os,
    arch: told.arch,
    labels: told.labels,
    session: peel.session,
    intervalMs: peel.intervalMs,
    clockSkewMs: peel.clockSkewMs,
  };
}

/** A peel that has told its facts at some time, and has not been heard since there is a roster. */
function neverHeard(id: string, told: ListedFacts = NO_FACTS): PeelRow {
  return {
    id,
    state: "offline",
    reason: undefined,
    sinceMs: undefined,
    lastSeenMs: undefined,
    version: told.version,
    os: told.os,
    arch: told.arch,
    labels: told.labels,
    session: undefined,
    intervalMs: undefined,
    clockSkewMs: undefined,
  };
}
