import type { Clock } from "@fleet/runtime";
import type { KeptFacts } from "./listed-facts.ts";
import type { PeelEntry } from "./peel-entry.ts";
import type { ListedPresence } from "./presence-view.ts";
import type { PeelState, TransitionReason } from "./transition.ts";

/** What a list shows of these entries, of each as it is at the time; what is given is one object that changes with each step. */
export function* listEntries(entries: Iterable<PeelEntry>, clock: Clock): IterableIterator<ListedPresence> {
  let listed: ListedEntry | undefined;
  for (const entry of entries) {
    if (!entry.state) continue;
    if (listed) listed.entry = entry;
    else listed = new ListedEntry(entry, clock);
    yield listed;
  }
}

/** What a list shows of one entry of the index after another: for 100,000 of them no object is made. */
class ListedEntry implements ListedPresence {
  entry: PeelEntry;
  readonly #clock: Clock;
  #nowMono: number;

  constructor(entry: PeelEntry, clock: Clock) {
    this.entry = entry;
    this.#clock = clock;
    this.#nowMono = clock.monoMs();
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

  /** As of when the list was begun, or of when a beat was heard since. */
  get lastBeatAgoMs(): number | undefined {
    const { heardMono } = this.entry;
    if (heardMono === Number.NEGATIVE_INFINITY) return undefined;
    if (heardMono > this.#nowMono) this.#nowMono = this.#clock.monoMs();
    return this.#nowMono - heardMono;
  }

  get facts(): KeptFacts | undefined {
    return this.entry.facts;
  }

  set facts(facts: KeptFacts | undefined) {
    this.entry.facts = facts;
  }

  get clockSkewMs(): number | undefined {
    const { clockSkewMs } = this.entry;
    return Number.isNaN(clockSkewMs) ? undefined : clockSkewMs;
  }
}
