import type { Clock } from "@fleet/runtime";
import type { RosterRecord } from "@fleet/wire";
import { createDeadlineQueue, type DeadlineQueue } from "./deadline-queue.ts";
import { HeldGoodbyes } from "./held-goodbyes.ts";
import { judge, type Verdict } from "./judge.ts";
import { createLossMeter, type LossMeter } from "./loss-meter.ts";
import { blindness, Observer } from "./observer.ts";
import { isPresent, type PeelEntry } from "./peel-entry.ts";
import { ToldStates } from "./told-states.ts";
import type { PeelState, Transition, TransitionReason } from "./transition.ts";

export interface VerdictsParts {
  readonly clock: Clock;
  /** Age at which a beat no longer counts. */
  readonly ttlMs: number;
  /** Time between two beats of most peels. */
  readonly intervalMs: number;
  /** Told of every change, once. */
  readonly onTransition: (transition: Transition) => void;
  /** A peel is to be probed in `delayMs`. */
  readonly onProbe: (id: string, delayMs: number) => void;
  /** A peel is about to expire: the bucket is to be asked. */
  readonly onLookup: (id: string) => void;
  /** A peel is gone that was never told to be here. */
  readonly onUntold: (entry: PeelEntry) => void;
  /** Very many peels are lost, and that is sure by now: each is to be told. */
  readonly onMassLoss: () => void;
}

/** The bucket is asked about a peel this long before its beat expires. */
const LOOK_AHEAD_MS = 250;
/** A peel that has not been heard for so many TTLs is told lost without the bucket's word. */
const MAX_LOOKUP_TTLS = 4;

/**
 * What follows from what is known of each peel: what is told of it, and what has to wait for its time, for the bucket's answer,
 * or for the observer to see.
 */
export class Verdicts {
  readonly observer: Observer;
  readonly #parts: VerdictsParts;
  readonly #deadlines: DeadlineQueue<PeelEntry>;
  readonly #meter: LossMeter;
  readonly #told: ToldStates;
  /** Judged lost and not told yet: each waits for the bucket's answer, or for the end of blindness. */
  readonly #suspects = new Set<PeelEntry>();
  /** To be judged when the observer can see again, with the wall time since when there is something to judge. */
  readonly #waiting = new Map<PeelEntry, number>();
  readonly #goodbyes = new HeldGoodbyes();
  #blindness: string | undefined;

  constructor(parts: VerdictsParts) {
    this.#parts = parts;
    this.observer = new Observer(parts.clock, () => this.#look(parts.clock.monoMs()));
    this.#deadlines = createDeadlineQueue(parts.clock.monoMs());
    this.#meter = createLossMeter(parts);
    this.#told = new ToldStates(parts.onTransition);
    this.#look(parts.clock.monoMs());
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

  /** How many of them have each version of the agent. */
  get versions(): ReadonlyMap<string, number> {
    return this.#told.versions;
  }

  /** When time alone changes something next; Infinity for never. */
  get nextMono(): number {
    return this.#deadlines.nextMono();
  }

  /** Peels that are judged lost and have not been told so. */
  get suspects(): number {
    return this.#suspects.size;
  }

  /** Takes in what was told of a peel by somebody else. */
  restore(entry: PeelEntry, record: RosterRecord): void {
    this.#told.restore(entry, record);
    if (this.isMissed(entry)) this.observer.miss();
    this.settle(entry, this.#parts.clock.monoMs());
  }

  /** Time has passed. */
  advance(nowMono: number): void {
    this.#look(nowMono);
    this.#deadlines.advance(nowMono, (entry) => this.settle(entry, nowMono));
  }

  /** Whether a peel that beats is shown as it is, so that nothing follows from it. */
  isAsTold(entry: PeelEntry): boolean {
    if (entry.state !== "online" || entry.toldSession !== entry.session) return false;
    return this.#suspects.size === 0 || !this.#suspects.has(entry);
  }

  /** A peel tells another version than the former one. */
  changeVersion(entry: PeelEntry, former: string): void {
    this.#told.changeVersion(entry, former);
  }

  /** Another session of a peel has begun: it is this one that waits to be told, since now. */
  renew(entry: PeelEntry): void {
    if (this.#blindness !== undefined) this.#waiting.delete(entry);
  }

  /** The present session of a peel has said goodbye. */
  holdGoodbye(entry: PeelEntry): void {
    if (this.#blindness !== undefined) this.#goodbyes.hold(entry, this.#parts.clock.wallMs());
  }

  /** Lets a peel wait until the observer sees. */
  wait(entry: PeelEntry): void {
    if (!this.#waiting.has(entry)) this.#waiting.set(entry, this.#parts.clock.wallMs());
  }

  /** Tells that a peel is lost as one of very many, if it is judged so. */
  tellLost(entry: PeelEntry, nowMono: number): void {
    if (!isPresent(entry) || entry.left) return;
    const { state, reason } = this.#judge(entry, nowMono);
    if (state === "offline") this.#tell(entry, "offline", reason ?? "expired", { mass: true });
  }

  /** Leaves a peel out from now on. */
  drop(entry: PeelEntry): void {
    const wasMissed = this.isMissed(entry);
    this.#suspects.delete(entry);
    this.#waiting.delete(entry);
    this.#goodbyes.drop(entry);
    this.#told.drop(entry);
    // Whatever still comes of it by way of a deadline finds nothing to do.
    entry.left = true;
    this.noteFound(entry, wasMissed);
  }

  /** Whether this peel keeps the observer from being sure: it is here, and was not heard since the disturbance. */
  isMissed(entry: PeelEntry): boolean {
    return entry.heardMono < this.observer.sinceMono && isPresent(entry) && !entry.left;
  }

  noteFound(entry: PeelEntry, wasMissed: boolean): void {
    if (wasMissed && !this.isMissed(entry)) this.observer.find();
  }

  /** Judges a peel and does what follows from it. `at`: when it came, wall time in ms, where that is not now. */
  settle(entry: PeelEntry, nowMono: number, at?: number): void {
    const verdict = this.#judge(entry, nowMono);
    if (verdict.state === "offline") {
      if (entry.told !== "offline") this.#settleOffline(entry, verdict, nowMono);
      return;
    }
    if (this.#suspects.size > 0) this.#suspects.delete(entry);
    const isAsTold = verdict.state === "online" && this.isAsTold(entry);
    if (this.#blindness !== undefined && !isAsTold) {
      this.wait(entry);
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
      if (verdict.reason !== "left") this.wait(entry);
      if (this.#isSuspect(entry, verdict)) this.#suspects.add(entry);
    } else if (entry.told === undefined) {
      this.#parts.onUntold(entry);
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
      else this.#parts.onMassLoss();
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
    const wasMissed = this.isMissed(entry);
    this.#suspects.delete(entry);
    this.#told.tell(entry, state, reason, { mass, session, at });
    this.noteFound(entry, wasMissed);
  }

  #judge(entry: PeelEntry, nowMono: number): Verdict {
    return judge(entry, nowMono, this.#parts.ttlMs);
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
    for (const entry of waiting) this.settle(entry, nowMono, since.get(entry));
    // Whoever could not be told lost for too long has been told now.
    if (this.#blindness === undefined) this.observer.believe();
  }

  /** Whether a peel seems lost, other than by its own word, and has not been told so. */
  #isSuspect({ told }: PeelEntry, { state, reason }: Verdict): boolean {
    return state === "offline" && reason !== "left" && told !== undefined && told !== "offline";
  }
}
