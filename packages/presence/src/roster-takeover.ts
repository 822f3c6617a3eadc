import type { RosterRecord } from "@fleet/wire";
import type { PeelPresence } from "./presence-view.ts";
import { accountOf, difference, type MatchOptions, type RosterChange, recordOf, unwritten } from "./roster-changes.ts";
import type { Transition } from "./transition.ts";

/** What a master knows when it takes over the writing. */
export interface MasterAccount {
  /** The transitions that it has seen lately, of each peel in order. */
  readonly journal: Iterable<readonly [id: string, transitions: readonly Transition[]]>;
  /** Every peel as it is. */
  readonly peels: Iterable<PeelPresence>;
}

/**
 * How a master goes on where another has stopped writing. It may be behind what was written last: it then waits for as long as
 * two masters can be apart before it takes the record for wrong.
 */
export class RosterTakeover {
  readonly #options: MatchOptions;
  readonly #nowAt: number;
  /** The last records of peels of which the former writer knew more than this master does yet. */
  readonly #ahead = new Map<string, RosterRecord>();

  constructor(options: MatchOptions & { readonly nowAt: number }) {
    this.#options = options;
    this.#nowAt = options.nowAt;
  }

  /** What the roster lacks: first what has happened to each peel in order, then what is different all the same. */
  begin({ journal, peels }: MasterAccount, records: ReadonlyMap<string, RosterRecord>): RosterChange[] {
    const changes: RosterChange[] = [];
    const last = new Map<string, RosterChange>();
    const accounted = new Set<string>();
    for (const [id, transitions] of journal) {
      const record = records.get(id);
      if (record && accountOf(record, transitions, this.#options.ttlMs) >= 0) accounted.add(id);
      for (const change of unwritten(transitions, record, this.#options)) {
        changes.push(change);
        last.set(id, change);
      }
    }
    for (const peel of peels) {
      const change = last.get(peel.id);
      const record = records.get(peel.id);
      const lacking = difference(peel, change ? recordOf(change, 0) : record);
      if (!lacking) continue;
      const isAhead = record && (this.#isRecent(record) || isOverdue(peel, record));
      if (isAhead && !change && !accounted.has(peel.id)) this.#ahead.set(peel.id, record);
      else changes.push(lacking);
    }
    return changes;
  }

  /** Whether a transition that comes now is to be written, or has been. */
  isNew(transition: Transition): boolean {
    const record = this.#ahead.get(transition.id);
    if (!record) return true;
    const isNew = unwritten([transition], record, this.#options).length > 0;
    if (isNew || accountOf(record, [transition], this.#options.ttlMs) >= 0) this.#ahead.delete(transition.id);
    return isNew;
  }

  /** One TTL later: what is different all the same of the peels of which this master was behind. */
  end(find: (id: string) => PeelPresence | undefined): RosterChange[] {
    const changes = [...this.#ahead].flatMap(([id, record]) => {
      const peel = find(id);
      return (peel && difference(peel, record)) ?? [];
    });
    this.#ahead.clear();
    return changes;
  }

  /** Written so shortly ago, by somebody who judged beside this master, that it may not have come so far yet. */
  #isRecent({ since }: RosterRecord): boolean {
    const { ttlMs, beganAt } = this.#options;
    return since >= beganAt && this.#nowAt - since <= ttlMs;
  }
}

/**
 * Whether a peel that was written to be gone seems to be here only for its last beats, of which the next one is overdue: a master
 * that was stopped for a while has heard them late.
 */
function isOverdue(peel: PeelPresence, { state, session }: RosterRecord): boolean {
  return peel.state === "late" && state === "offline" && session === peel.session;
}
