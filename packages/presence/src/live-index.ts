import type { Clock } from "@fleet/runtime";
import type { Heartbeat, RosterRecord } from "@fleet/wire";
import { LossReview } from "./loss-review.ts";
import type { Observer, ResyncCause } from "./observer.ts";
import { isKnownBeat, isPresent, PeelEntry, takeBeat, takeGoodbye } from "./peel-entry.ts";
import type { PeelState, Transition } from "./transition.ts";
import { Verdicts } from "./verdicts.ts";

export interface LiveIndexParts {
  readonly clock: Clock;
  /** Age at which a beat no longer counts. */
  readonly ttlMs: number;
  /** Time between two beats of most peels. */
  readonly intervalMs: number;
  /** Told of every change, once. */
  readonly onTransition: (transition: Transition) => void;
  /** A peel is to be probed in `delayMs`; `probed` is to be told what came of it. */
  readonly onProbe: (id: string, delayMs: number) => void;
  /** A peel is about to expire: the bucket is to be asked, and `lookedUp` told what it says. */
  readonly onLookup: (id: string) => void;
}

/** What a probe of a peel found; `nothing`: neither that it is there nor that it is not. */
export type ProbeFinding = "answered" | "gone" | "nothing";

/** What the bucket has of a peel that is about to expire: no newer beat, a beat that was never heard, or no answer. */
export type LookupFinding = "agreed" | "newer" | "unanswered";

/** Time between two probes: a peel that is only changing servers is back by then. */
const SECOND_PROBE_MS = 1_000;
/** The same after the end of a connection, which is told within milliseconds: the peel dials again at once. */
const PROBE_AFTER_END_MS = 600;
/** A beat in the bucket that is newer than the last one heard by less is that one. */
const SAME_BEAT_MS = 250;

/**
 * Every peel that is known, and what is known of it. Does nothing by itself: it is told what was heard, found and answered,
 * and that time has passed, and says what follows. Transitions come one at a time, in order, and none while the observer
 * is blind.
 */
export class LiveIndex {
  readonly observer: Observer;
  readonly #parts: LiveIndexParts;
  readonly #entries = new Map<string, PeelEntry>();
  readonly #verdicts: Verdicts;
  readonly #review: LossReview;
  #heard = 0;
  /**
   * The wall clock less the monotonic one, as of the last time that time passed: to ask both for each beat takes twice as long. When this
   * machine's wall clock has jumped, the clock skew of what is heard until the next time, 250 ms at most, is off by the jump; it is
   * only shown, and nothing follows from it.
   */
  #wallLeadMs: number;

  constructor(parts: LiveIndexParts) {
    this.#parts = parts;
    this.#wallLeadMs = parts.clock.wallMs() - parts.clock.monoMs();
    this.#verdicts = new Verdicts({
      ...parts,
      onUntold: (entry) => this.#drop(entry),
      onMassLoss: () => this.#tellMassLoss(),
    });
    this.observer = this.#verdicts.observer;
    this.#review = new LossReview({ ...parts, observer: this.observer, entries: () => this.#entries.values() });
  }

  get(id: string): PeelEntry | undefined {
    return this.#entries.get(id);
  }

  entries(): IterableIterator<PeelEntry> {
    return this.#entries.values();
  }

  /** Why nothing can be told at the moment; `undefined` if it can. */
  get blindness(): string | undefined {
    return this.#verdicts.blindness;
  }

  /** How many peels are in each state. */
  get counts(): Readonly<Record<PeelState, number>> {
    return this.#verdicts.counts;
  }

  /** Peels that were last told to be here. */
  get present(): number {
    return this.#verdicts.present;
  }

  /** How many of them have each version of the agent. */
  get versions(): ReadonlyMap<string, number> {
    return this.#verdicts.versions;
  }

  /** Beats heard. */
  get heard(): number {
    return this.#heard;
  }

  /** When time alone changes something next; Infinity for never. */
  get nextMono(): number {
    return this.#verdicts.nextMono;
  }

  /** Takes in what was told of a peel before this index began: it is told again only where it has changed. */
  restore(id: string, record: RosterRecord): void {
    const entry = this.get(id) ?? this.#enter(id);
    if (entry.told === undefined) this.#verdicts.restore(entry, record);
  }

  /** Forgets a peel: it is as if it had never been. */
  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#drop(entry);
  }

  /** A beat was heard; `known`: what `get` gives for this peel, for who has asked already. */
  hear(id: string, beat: Heartbeat, known: PeelEntry | undefined = this.get(id)): void {
    const nowMono = this.#parts.clock.monoMs();
    this.#heard += 1;
    if (this.observer.state.answeredMono === undefined) this.observer.answered();
    const entry = known ?? this.#enter(id);
    entry.clockSkewMs = beat.sentAt > 0 ? Math.round(beat.sentAt - nowMono - this.#wallLeadMs) : undefined;
    this.#beat(entry, beat, nowMono);
  }

  /**
   * A beat was found in the bucket, stored at `storedMono` by our clock; what was heard since is newer. Gives whether it had
   * not been heard, although it should have been.
   */
  see(id: string, beat: Heartbeat, storedMono: number): boolean {
    const known = this.#entries.get(id);
    if (!known && this.#parts.clock.monoMs() >= storedMono + this.#parts.ttlMs) return false;
    const entry = known ?? this.#enter(id);
    if (isKnownBeat(entry, beat) || storedMono <= entry.heardMono + SAME_BEAT_MS) return false;
    const wasHeard = entry.heardMono !== Number.NEGATIVE_INFINITY;
    // The last beat of one that had crashed before this index began: whether it is back, its next beat says.
    if (!wasHeard && entry.told === "offline" && beat.session === entry.session) return false;
    this.#beat(entry, beat, storedMono);
    return wasHeard && storedMono > this.observer.sinceMono;
  }

  /** A goodbye was heard or found; `false` if it was not that of the session known. */
  goodbye(id: string, session: string | undefined): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    const wasMissed = this.#verdicts.isMissed(entry);
    const isItsOwn = takeGoodbye(entry, session);
    this.#verdicts.noteFound(entry, wasMissed);
    if (isItsOwn) this.#verdicts.holdGoodbye(entry);
    this.#verdicts.settle(entry, this.#parts.clock.monoMs());
    return isItsOwn;
  }

  /** The connection of a session has ended, says the broker. */
  connectionEnded(id: string, session: string): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.session !== session || !isPresent(entry) || entry.left || !entry.pingable) return;
    if (entry.probed) return;
    entry.probed = true;
    entry.absences = 1;
    this.#parts.onProbe(id, PROBE_AFTER_END_MS);
  }

  /** A probe that was asked for has ended. */
  probed(id: string, finding: ProbeFinding): void {
    const entry = this.#entries.get(id);
    // A beat that came meanwhile says more than any probe.
    if (!entry?.probed) return;
    if (finding !== "gone") {
      entry.absences = 0;
      return;
    }
    entry.absences += 1;
    if (entry.absences === 1) this.#parts.onProbe(id, SECOND_PROBE_MS);
    else this.#verdicts.settle(entry, this.#parts.clock.monoMs());
  }

  /** A look at the bucket that was asked for has ended. */
  lookedUp(id: string, finding: LookupFinding): void {
    const entry = this.#entries.get(id);
    const isAwaited = entry?.lookup === "asked";
    if (isAwaited) entry.lookup = finding === "agreed" ? "agreed" : "none";
    if (finding === "unanswered") {
      if (isAwaited) this.#verdicts.wait(entry);
      this.observer.unanswered();
      // It has not answered for so long that what is known has to do.
      if (isAwaited && this.blindness === undefined) {
        entry.lookup = "agreed";
        this.#verdicts.settle(entry, this.#parts.clock.monoMs());
      }
      return;
    }
    this.observer.answered();
    if (!isAwaited) return;
    if (finding === "newer") this.disturb("gap", "beats were stored that were not heard");
    this.#verdicts.settle(entry, this.#parts.clock.monoMs());
  }

  /** Something has happened after which nothing heard before counts. */
  disturb(cause: ResyncCause, what: string): void {
    const nowMono = this.#parts.clock.monoMs();
    let present = 0;
    for (const entry of this.#entries.values()) {
      if (isAwaited(entry) && entry.heardMono < nowMono) present += 1;
      // What the bucket said before says nothing now.
      entry.lookup = "none";
    }
    this.observer.disturb(cause, what, present);
  }

  /** Whether the bucket should be read to say if very many peels are really lost. */
  wantsReview(): boolean {
    return this.#review.isWanted();
  }

  /** The bucket has been read for that; it had `unheard` beats that should have been heard. */
  reviewed(unheard: number): void {
    const finding = this.#review.judge(unheard, this.#verdicts.suspects);
    if (finding === "unheard") this.disturb("gap", "beats were stored that were not heard");
    else if (finding === "lost") this.#tellMassLoss();
  }

  /** Time has passed. */
  advance(): void {
    const nowMono = this.#parts.clock.monoMs();
    this.#wallLeadMs = this.#parts.clock.wallMs() - nowMono;
    this.#verdicts.advance(nowMono);
  }

  #enter(id: string): PeelEntry {
    const entry = new PeelEntry(id);
    this.#entries.set(id, entry);
    return entry;
  }

  #beat(entry: PeelEntry, beat: Heartbeat, heardMono: number): void {
    const wasMissed = this.#verdicts.isMissed(entry);
    const effect = takeBeat(entry, beat, heardMono, this.#verdicts);
    if (effect === "stale" || effect === "outlived") return;
    this.#verdicts.noteFound(entry, wasMissed);
    // By far the most beats change nothing, and their deadline is put off when it comes.
    if (effect !== "again") this.#verdicts.renew(entry);
    else if (this.#verdicts.isAsTold(entry)) return;
    this.#verdicts.settle(entry, this.#parts.clock.monoMs());
  }

  #tellMassLoss(): void {
    const nowMono = this.#parts.clock.monoMs();
    // All of them, not only those whose deadline has come up since.
    for (const entry of this.#entries.values()) this.#verdicts.tellLost(entry, nowMono);
    this.observer.believe();
  }

  #drop(entry: PeelEntry): void {
    this.#entries.delete(entry.id);
    this.#verdicts.drop(entry);
  }
}

/** Whether this peel should be heard of: it is here, and has not said goodbye. */
function isAwaited(entry: PeelEntry): boolean {
  return isPresent(entry) && !entry.left;
}
