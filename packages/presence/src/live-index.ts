import type { Clock } from "@fleet/runtime";
import type { Heartbeat, RosterRecord } from "@fleet/wire";
import { createDeadlineQueue, type DeadlineQueue } from "./deadline-queue.ts";
import { HeldGoodbyes } from "./held-goodbyes.ts";
import { judge, lateMono, type Verdict } from "./judge.ts";
import { createLossMeter, type LossMeter } from "./loss-meter.ts";
import { blindness, Observer, type ResyncCause } from "./observer.ts";
import { isKnownBeat, isPresent, PeelEntry, takeBeat, takeGoodbye } from "./peel-entry.ts";
import { ToldStates } from "./told-states.ts";
import type { PeelState, Transition, TransitionReason } from "./transition.ts";

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

/** The bucket is asked about a peel this long before its beat expires. */
const LOOK_AHEAD_MS = 250;
/** Time between two probes: a peel that is only changing servers is back by then. */
const SECOND_PROBE_MS = 1_000;
/** The same after the end of a connection, which is told within milliseconds: the peel dials again at once. */
const PROBE_AFTER_END_MS = 600;
/** A beat in the bucket that is newer than the last one heard by less is that one. */
const SAME_BEAT_MS = 250;
/** Of those that seem lost, the part that may still be merely late when the others are looked at again. */
const STRAGGLING_PART = 0.1;
/** Time between two looks at all peels for that. */
const REVIEW_LOOK_MS = 1_000;
/** Time past the TTL by which the broker has dropped a key. */
const BROKER_LATE_MS = 400;
/** A peel that has not been heard for so many TTLs is told lost without the bucket's word. */
const MAX_LOOKUP_TTLS = 4;

/**
 * Every peel that is known, and what is known of it. Does nothing by itself: it is told what was heard, found and answered,
 * and that time has passed, and says what follows. Transitions come one at a time, in order, and none while the observer
 * is blind.
 */
export class LiveIndex {
  readonly observer: Observer;
  readonly #parts: LiveIndexParts;
  readonly #entries = new Map<string, PeelEntry>();
  readonly #deadlines: DeadlineQueue<PeelEntry>;
  readonly #meter: LossMeter;
  readonly #told: ToldStates;
  /** Judged lost and not told yet: each waits for the bucket's answer, or for the end of blindness. */
  readonly #suspects = new Set<PeelEntry>();
  /** To be judged when the observer can see again, with the wall time since when there is something to judge. */
  readonly #waiting = new Map<PeelEntry, number>();
  readonly #goodbyes = new HeldGoodbyes();
  #blindness: string | undefined;
  #reviewLookMono = 0;
  #heard = 0;

  constructor(parts: LiveIndexParts) {
    this.#parts = parts;
    this.observer = new Observer(parts.clock, () => this.#look(parts.clock.monoMs()));
    this.#deadlines = createDeadlineQueue(parts.clock.monoMs());
    this.#meter = createLossMeter(parts);
    this.#told = new ToldStates(parts.onTransition);
    this.#look(parts.clock.monoMs());
  }

  get(id: string): PeelEntry | undefined {
    return this.#entries.get(id);
  }

  entries(): IterableIterator<PeelEntry> {
    return this.#entries.values();
  }

  /** Why nothing can be told at the moment; `undefined` if it can. */
  get blindness(): string | undefined {
    return this.#blindness;
  }

  /** How many peels are in each state. */
  get counts(): Readonly<Record<PeelState, number>> {
    return this.#told.counts;
  }

  /** Peels that were last told to be here. */
  get present(): number {
    return this.#told.present;
  }

  /** Beats heard. */
  get heard(): number {
    return this.#heard;
  }

  /** When time alone changes something next; Infinity for never. */
  get nextMono(): number {
    return this.#deadlines.nextMono();
  }

  /** Takes in what was told of a peel before this index began: it is told again only where it has changed. */
  restore(id: string, record: RosterRecord): void {
    const entry = this.#entryOf(id);
    if (entry.told !== undefined) return;
    this.#told.restore(entry, record);
    if (this.#isMissed(entry)) this.observer.miss();
    this.#settle(entry, this.#parts.clock.monoMs());
  }

  /** Forgets a peel: it is as if it had never been. */
  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#drop(entry);
  }

  /** A beat was heard. */
  hear(id: string, beat: Heartbeat): void {
    const { clock } = this.#parts;
    this.#heard += 1;
    if (this.observer.state.answeredMono === undefined) this.observer.answered();
    const entry = this.#entryOf(id);
    entry.clockSkewMs = beat.sentAt > 0 ? beat.sentAt - clock.wallMs() : Number.NaN;
    this.#beat(entry, beat, clock.monoMs());
  }

  /**
   * A beat was found in the bucket, stored at `storedMono` by our clock; what was heard since is newer. Gives whether it had
   * not been heard, although it should have been.
   */
  see(id: string, beat: Heartbeat, storedMono: number): boolean {
    const known = this.#entries.get(id);
    if (!known && this.#parts.clock.monoMs() >= storedMono + this.#parts.ttlMs) return false;
    const entry = known ?? this.#entryOf(id);
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
    const wasMissed = this.#isMissed(entry);
    const isItsOwn = takeGoodbye(entry, session);
    this.#noteFound(entry, wasMissed);
    if (isItsOwn && this.#blindness !== undefined) this.#goodbyes.hold(entry, this.#parts.clock.wallMs());
    this.#settle(entry, this.#parts.clock.monoMs());
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
    else this.#settle(entry, this.#parts.clock.monoMs());
  }

  /** A look at the bucket that was asked for has ended. */
  lookedUp(id: string, finding: LookupFinding): void {
    const entry = this.#entries.get(id);
    const isAwaited = entry?.lookup === "asked";
    if (isAwaited) entry.lookup = finding === "agreed" ? "agreed" : "none";
    if (finding === "unanswered") {
      if (isAwaited) this.#wait(entry);
      this.observer.unanswered();
      // It has not answered for so long that what is known has to do.
      if (isAwaited && this.#blindness === undefined) {
        entry.lookup = "agreed";
        this.#settle(entry, this.#parts.clock.monoMs());
      }
      return;
    }
    this.observer.answered();
    if (!isAwaited) return;
    if (finding === "newer") this.disturb("gap", "beats were stored that were not heard");
    this.#settle(entry, this.#parts.clock.monoMs());
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

  /**
   * Whether the bucket should be read to say if very many peels are really lost: on a connection of at least one TTL, and
   * when those that seem lost are so for long enough that the broker has dropped them too.
   */
  wantsReview(): boolean {
    const { massMono, connectedMono } = this.observer.state;
    const { clock, ttlMs } = this.#parts;
    const nowMono = clock.monoMs();
    if (massMono === undefined || connectedMono === undefined || nowMono < connectedMono + ttlMs) return false;
    if (nowMono >= massMono + ttlMs + BROKER_LATE_MS) return true;
    if (nowMono < this.#reviewLookMono) return false;
    this.#reviewLookMono = nowMono + REVIEW_LOOK_MS;
    let silent = 0;
    let straggling = 0;
    for (const entry of this.#entries.values()) {
      if (!isPresent(entry) || nowMono < lateMono(entry, ttlMs)) continue;
      if (nowMono >= entry.heardMono + ttlMs + BROKER_LATE_MS) silent += 1;
      else straggling += 1;
    }
    return silent > 0 && straggling <= silent * STRAGGLING_PART;
  }

  /** The bucket has been read for that; it had `unheard` beats that should have been heard. */
  reviewed(unheard: number): void {
    const { state } = this.observer;
    const { clock, ttlMs } = this.#parts;
    if (state.massMono === undefined) return;
    if (unheard > this.#suspects.size * STRAGGLING_PART) this.disturb("gap", "beats were stored that were not heard");
    else if (blindness({ ...state, massMono: undefined }, clock.monoMs(), ttlMs) === undefined) {
      this.#tellMassLoss(clock.monoMs());
    }
  }

  /** Time has passed. */
  advance(): void {
    const nowMono = this.#parts.clock.monoMs();
    this.#look(nowMono);
    this.#deadlines.advance(nowMono, (entry) => this.#settle(entry, nowMono));
  }

  #judge(entry: PeelEntry, nowMono: number): Verdict {
    return judge(entry, nowMono, this.#parts.ttlMs);
  }

  #entryOf(id: string): PeelEntry {
    let entry = this.#entries.get(id);
    if (!entry) {
      entry = new PeelEntry(id);
      this.#entries.set(id, entry);
    }
    return entry;
  }

  #beat(entry: PeelEntry, beat: Heartbeat, heardMono: number): void {
    const wasMissed = this.#isMissed(entry);
    const effect = takeBeat(entry, beat, heardMono);
    if (effect === "stale" || effect === "outlived") return;
    this.#noteFound(entry, wasMissed);
    // Another session: it is this one that waits to be told, since now.
    if (effect !== "again" && this.#blindness !== undefined) this.#waiting.delete(entry);
    // By far the most beats change nothing, and their deadline is put off when it comes.
    const isAsTold = effect === "again" && entry.state === "online" && entry.toldSession === entry.session;
    if (isAsTold && !(this.#suspects.size > 0 && this.#suspects.has(entry))) return;
    this.#settle(entry, this.#parts.clock.monoMs());
  }

  /** Whether this peel keeps the observer from being sure: it is here, and was not heard since the disturbance. */
  #isMissed(entry: PeelEntry): boolean {
    return entry.heardMono < this.observer.sinceMono && isAwaited(entry);
  }

  #noteFound(entry: PeelEntry, wasMissed: boolean): void {
    if (wasMissed && !this.#isMissed(entry)) this.observer.find();
  }

  /** Judges a peel and does what follows from it. `at`: when it came, wall time in ms, where that is not now. */
  #settle(entry: PeelEntry, nowMono: number, at?: number): void {
    const verdict = this.#judge(entry, nowMono);
    if (verdict.state === "offline") {
      if (entry.told !== "offline") this.#settleOffline(entry, verdict, nowMono);
      return;
    }
    this.#suspects.delete(entry);
    const isAsTold = verdict.state === "online" && entry.state === "online" && entry.toldSession === entry.session;
    if (this.#blindness !== undefined && !isAsTold) {
      this.#wait(entry);
      return;
    }
    if (verdict.state === "late") this.#beLate(entry, nowMono, at);
    else if (!isAsTold) this.#bePresent(entry, verdict.state, at);
    const lookMono = entry.heardMono + this.#parts.ttlMs - LOOK_AHEAD_MS;
    const isLookToCome = verdict.state === "late" && nowMono < lookMono;
    this.#deadlines.put(entry, isLookToCome ? lookMono : verdict.dueMono);
  }

  /** Tells of each session that came or was here and left, in order. */
  #tellGoodbyes(entry: PeelEntry): void {
    for (const { session, heardAt } of this.#goodbyes.take(entry)) {
      if (entry.told === undefined) this.#tell(entry, "online", "joined", { session, at: heardAt });
      else if (entry.toldSession !== session || entry.told === "offline") {
        this.#tell(entry, "online", "returned", { session, at: heardAt });
      }
      this.#tell(entry, "offline", "left", { session, at: heardAt });
    }
  }

  #settleOffline(entry: PeelEntry, verdict: Verdict, nowMono: number): void {
    if (this.#blindness !== undefined) {
      // A goodbye is held back by itself.
      if (verdict.reason !== "left") this.#wait(entry);
      if (this.#isSuspect(entry, verdict)) this.#suspects.add(entry);
    } else if (entry.told === undefined) {
      this.#drop(entry);
    } else if (verdict.reason === "left") {
      this.#tell(entry, "offline", "left");
    } else {
      this.#suspects.add(entry);
      this.#doubtOrTell(entry, verdict, nowMono);
    }
  }

  /** A peel is judged lost: that is told only if it is sure, and not one of very many. */
  #doubtOrTell(entry: PeelEntry, verdict: Verdict, nowMono: number): void {
    const suspects = Math.max(this.#suspects.size, this.counts.late);
    if (this.#meter.isMass({ nowMono, suspects, present: this.present })) {
      // The time to doubt can be over.
      if (this.observer.state.massMono === undefined) this.observer.doubt();
      else this.#tellMassLoss(nowMono);
    } else if (verdict.reason === "crashed" || entry.lookup === "agreed" || this.#isLongOver(entry, nowMono)) {
      this.#meter.told(nowMono);
      this.#tell(entry, "offline", verdict.reason ?? "expired");
    } else if (entry.lookup === "none") {
      this.#lookUp(entry);
    }
  }

  /** The bucket does not answer for this peel, whatever it answers otherwise: what is known has to do. */
  #isLongOver(entry: PeelEntry, nowMono: number): boolean {
    return nowMono >= Math.max(entry.heardMono, this.observer.sinceMono) + MAX_LOOKUP_TTLS * this.#parts.ttlMs;
  }

  #tellMassLoss(nowMono: number): void {
    // All of them, not only those whose deadline has come up since.
    for (const entry of this.#entries.values()) {
      if (!isPresent(entry) || entry.left) continue;
      const { state, reason } = this.#judge(entry, nowMono);
      if (state === "offline") this.#tell(entry, "offline", reason ?? "expired", { mass: true });
    }
    this.observer.believe();
  }

  #beLate(entry: PeelEntry, nowMono: number, at: number | undefined): void {
    const isRestarted = entry.told === "online" && entry.toldSession !== entry.session;
    if (entry.told === undefined) this.#tell(entry, "online", "joined", { at });
    else if (entry.told === "offline" || isRestarted) this.#tell(entry, "online", "returned", { at });
    if (entry.state !== "late") {
      this.#told.show(entry, "late");
      this.#meter.becameLate(nowMono);
      if (entry.pingable && !entry.probed) {
        entry.probed = true;
        this.#parts.onProbe(entry.id, 0);
      }
    }
    const isLookDue = nowMono >= entry.heardMono + this.#parts.ttlMs - LOOK_AHEAD_MS;
    if (isLookDue && entry.lookup === "none") this.#lookUp(entry);
  }

  #bePresent(entry: PeelEntry, state: "online" | "conflict", at: number | undefined): void {
    const isNew = entry.told === undefined;
    const isRestarted = state === "online" && entry.toldSession !== entry.session;
    if (entry.told === state && !isRestarted) this.#told.show(entry, state);
    else this.#tell(entry, state, state === "conflict" ? "conflict" : isNew ? "joined" : "returned", { at });
  }

  /** Lets a peel wait until the observer sees. */
  #wait(entry: PeelEntry): void {
    if (!this.#waiting.has(entry)) this.#waiting.set(entry, this.#parts.clock.wallMs());
  }

  #lookUp(entry: PeelEntry): void {
    entry.lookup = "asked";
    this.#parts.onLookup(entry.id);
  }

  #tell(
    entry: PeelEntry,
    state: Transition["state"],
    reason: TransitionReason,
    {
      mass = false,
      session = entry.session,
      at = this.#parts.clock.wallMs(),
    }: {
      readonly mass?: boolean;
      readonly session?: string | undefined;
      readonly at?: number | undefined;
    } = {},
  ): void {
    const wasMissed = this.#isMissed(entry);
    this.#suspects.delete(entry);
    this.#told.tell(entry, state, reason, { mass, session, at });
    this.#noteFound(entry, wasMissed);
  }

  #drop(entry: PeelEntry): void {
    const wasMissed = this.#isMissed(entry);
    this.#suspects.delete(entry);
    this.#waiting.delete(entry);
    this.#goodbyes.drop(entry);
    this.#entries.delete(entry.id);
    this.#told.drop(entry);
    // Whatever still comes of it by way of a deadline finds nothing to do.
    entry.left = true;
    this.#noteFound(entry, wasMissed);
  }

  /** Looks whether the observer can see; what has waited for that is judged then. */
  #look(nowMono: number): void {
    const wasBlind = this.#blindness !== undefined;
    this.#blindness = blindness(this.observer.state, nowMono, this.#parts.ttlMs);
    if (!wasBlind || this.#blindness !== undefined) return;
    const since = new Map(this.#waiting);
    const goodbyes = this.#goodbyes.entries();
    const waiting = new Set([...since.keys(), ...this.#suspects, ...goodbyes]);
    this.#waiting.clear();
    for (const entry of goodbyes) this.#tellGoodbyes(entry);
    // Who seemed lost and was heard again is none of those that seem lost now.
    this.#suspects.clear();
    for (const entry of waiting) {
      if (entry.lookup === "agreed") entry.lookup = "none";
      if (this.#isSuspect(entry, this.#judge(entry, nowMono))) this.#suspects.add(entry);
    }
    for (const entry of waiting) this.#settle(entry, nowMono, since.get(entry));
    // Whoever could not be told lost for too long has been told now.
    if (this.#blindness === undefined) this.observer.believe();
  }

  /** Whether a peel seems lost, other than by its own word, and has not been told so. */
  #isSuspect({ told }: PeelEntry, { state, reason }: Verdict): boolean {
    return state === "offline" && reason !== "left" && told !== undefined && told !== "offline";
  }
}

/** Whether this peel should be heard of: it is here, and has not said goodbye. */
function isAwaited(entry: PeelEntry): boolean {
  return isPresent(entry) && !entry.left;
}
