import type { KeptFacts } from "./listed-facts.ts";
import type { PeelEntry } from "./peel-entry.ts";
import type { ListedPresence } from "./presence-view.ts";
import type { PeelState, TransitionReason } from "./transition.ts";

/**
 * What a list shows of these entries, of each as it is at the time, but for its age, which is as of `nowMono`; what is given is one object
 * that changes with each step.
 */
export function* listEntries(entries: Iterable<PeelEntry>, nowMono: number): IterableIterator<ListedPresence> {
  let listed: ListedEntry | undefined;
  for (const entry of entries) {
    if (!entry.state) continue;
    if (listed) listed.entry = entry;
    else listed = new ListedEntry(entry, nowMono);
    yield listed;
  }
}

/** What a list shows of one entry of the index after another: for 100,000 of them no object is made. */
class ListedEntry implements ListedPresence {
  entry: PeelEntry;
  readonly #nowMono: number;

  constructor(entry: PeelEntry, nowMono: number) {
    this.entry = entry;
    this.#nowMono = nowMono;
  }

  get id(): string {
    return this.entry.id;
  }

  get state(): PeelState {
    return this.entry.state ?? "online";
  }

  get reason(): TransitionReason {
    return this.entry.reason;
  }

  get sinceAt(): number {
    return this.entry.sinceAt;
  }

  get session(): string | undefined {
    return this.entry.session;
  }

  get version(): string {
    return this.entry.version;
  }

  get intervalMs(): number | undefined {
    return this.entry.intervalMs || undefined;
  }

  /** As of when the list was begun, as all that it tells is said to be: 0 if a beat was heard since. */
  get lastBeatAgoMs(): number | undefined {
    const { heardMono } = this.entry;
    return heardMono === Number.NEGATIVE_INFINITY ? undefined : Math.max(0, this.#nowMono - heardMono);
  }

  get facts(): KeptFacts | undefined {
    return this.entry.facts;
  }

  set facts(facts: KeptFacts | undefined) {
    this.entry.facts = facts;
  }

  get clockSkewMs(): number | undefined {
    return this.entry.clockSkewMs;
  }
}
