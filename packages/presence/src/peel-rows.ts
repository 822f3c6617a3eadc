import type { PeelRow } from "@fleet/wire";
import type { FactsView } from "./facts-mirror.ts";
import { type ListedFacts, NO_FACTS } from "./listed-facts.ts";
import type { ListedPresence, PresenceView } from "./presence-view.ts";

/** What lists are made from. */
export interface PeelSources {
  readonly view: Pick<PresenceView, "get" | "listed" | "blindness">;
  readonly facts: Omit<FactsView, "settled">;
}

/**
 * Every peel of the view, then those of which there are facts alone, in no order; `nowAt` is wall time, ms since the epoch. A row is
 * only to be read before the next step: that changes it.
 *
 * Whoever waits between two steps is given each peel as it is then. One that is in the view all the while comes once. Of the
 * others, while peels come and go, some may be missing, and one that is forgotten and comes back may come twice: what it is then
 * comes last.
 */
export function* peelRows({ view, facts }: PeelSources, nowAt: number): IterableIterator<PeelRow> {
  let row: ReadRow | undefined;
  const changesAtFirst = facts.changes;
  let withFacts = 0;
  for (const peel of view.listed()) {
    let kept = peel.facts;
    if (!kept?.listed) {
      kept = facts.kept(peel.id);
      peel.facts = kept;
    }
    const told = kept?.listed;
    if (told) withFacts += 1;
    row ??= new ReadRow(nowAt, peel);
    row.peel = peel;
    row.told = told ?? NO_FACTS;
    yield row;
  }
  // Most often these were all of them, and they are the same as before: nobody need be looked up then.
  if (withFacts === facts.size && facts.changes === changesAtFirst) return;
  for (const id of facts.ids()) {
    // Their facts may be gone since, and those who told them.
    const told = facts.get(id);
    if (told && !view.get(id)) yield neverHeard(id, told);
  }
}

/** One peel; `undefined` if nothing is known of it. */
export function peelRow(id: string, { view, facts }: PeelSources, nowAt: number): PeelRow | undefined {
  const peel = view.get(id);
  const told = facts.get(id);
  if (!peel) return told && neverHeard(id, told);
  const { state, reason, sinceMs, lastSeenMs, version, os, arch, labels, session, intervalMs, clockSkewMs } =
    new ReadRow(nowAt, peel, told);
  return { id, state, reason, sinceMs, lastSeenMs, version, os, arch, labels, session, intervalMs, clockSkewMs };
}

/** The row of one peel after another, put together as it is read: for 100,000 of them no object is made. */
class ReadRow implements PeelRow {
  peel: ListedPresence;
  told: ListedFacts;
  readonly #nowAt: number;

  constructor(nowAt: number, peel: ListedPresence, told: ListedFacts = NO_FACTS) {
    this.#nowAt = nowAt;
    this.peel = peel;
    this.told = told;
  }

  get id(): string {
    return this.peel.id;
  }

  get state(): PeelRow["state"] {
    return this.peel.state;
  }

  get reason(): PeelRow["reason"] {
    return this.peel.reason;
  }

  get sinceMs(): number {
    return this.#nowAt - this.peel.sinceAt;
  }

  get lastSeenMs(): number | undefined {
    return this.peel.lastBeatAgoMs;
  }

  get version(): string | undefined {
    return this.peel.version || this.told.version;
  }

  get os(): string | undefined {
    return this.told.os;
  }

  get arch(): string | undefined {
    return this.told.arch;
  }

  get labels(): PeelRow["labels"] {
    return this.told.labels;
  }

  get session(): string | undefined {
    return this.peel.session;
  }

  get intervalMs(): number | undefined {
    return this.peel.intervalMs;
  }

  get clockSkewMs(): number | undefined {
    return this.peel.clockSkewMs;
  }
}

/** A peel that has told its facts at some time, and has not been heard since there is a roster. */
function neverHeard(id: string, told: ListedFacts): PeelRow {
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
