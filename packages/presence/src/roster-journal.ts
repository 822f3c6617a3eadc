import type { Clock } from "@fleet/runtime";
import { isFar } from "./roster-dates.ts";
import type { Transition } from "./transition.ts";

/**
 * The transitions that a master has seen lately, whoever writes them: when the writer dies, the next one finds here what
 * happened in between. What is merely different in the end needs no journal.
 */
export interface RosterJournal {
  add(transition: Transition): void;
  /** The transitions of each peel, in order; their times are what the clock says now, should it have jumped since. */
  entries(): Iterable<readonly [id: string, transitions: readonly Transition[]]>;
  /** Drops those of a peel that is to be as if it had never been. */
  forget(id: string): void;
}

/** Long enough for a lease to expire and for its next holder to open the roster, several times over. */
const KEEP_MS = 5 * 60_000;
const MAX_JOINED = 50_000;
/** Kept of one peel: as much as the roster keeps. */
const MAX_PER_PEEL = 16;

interface JournalEntry {
  readonly transition: Transition;
  readonly atMono: number;
}

export function createRosterJournal(clock: Clock): RosterJournal {
  // The peel whose last transition is oldest comes first.
  const byId = new Map<string, { readonly transitions: JournalEntry[]; lastMono: number }>();
  const prune = () => {
    const sinceMono = clock.monoMs() - KEEP_MS;
    for (const [id, { lastMono }] of byId) {
      if (lastMono > sinceMono) return;
      byId.delete(id);
    }
  };
  return {
    add(transition) {
      prune();
      const { id } = transition;
      const known = byId.get(id);
      // Of a whole fleet that joins, what the roster lacks is found without.
      if (!known && transition.reason === "joined" && byId.size >= MAX_JOINED) return;
      byId.delete(id);
      const transitions = known?.transitions ?? [];
      const atMono = clock.monoMs();
      transitions.push({ transition, atMono });
      if (transitions.length > MAX_PER_PEEL) transitions.shift();
      byId.set(id, { transitions, lastMono: atMono });
    },
    *entries() {
      const leadMs = clock.wallMs() - clock.monoMs();
      for (const [id, { transitions }] of byId) yield [id, transitions.map((entry) => dated(entry, leadMs))] as const;
    },
    forget: (id) => void byId.delete(id),
  };
}

function dated({ transition, atMono }: JournalEntry, leadMs: number): Transition {
  const at = atMono + leadMs;
  return isFar(transition.at, at) ? { ...transition, at } : transition;
}
