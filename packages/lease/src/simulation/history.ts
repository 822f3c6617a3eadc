import { type LeaseConfig, leaseOfTtl, resolveLeaseOptions } from "../lease-options.ts";
import { type Member, type Scene, strike } from "./adversity.ts";
import type { LeaseRules } from "./lease-rules.ts";
import { SimulatedBroker } from "./simulated-broker.ts";
import { type Candidate, type CandidateParts, SimulatedCandidate } from "./simulated-candidate.ts";
import { GOOD_LINK, QUIET_DELAYS, SimulatedProcess } from "./simulated-process.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { createRandom, World } from "./world.ts";

/** What came of one history. */
export interface HistoryOutcome {
  /** What must never happen and did; `undefined` if nothing. */
  readonly violation: string | undefined;
  /** How often somebody began to work. */
  readonly terms: number;
  readonly steps: number;
  /** What happened, if that was asked for. */
  readonly lines: readonly string[];
}

/** The times tried: the usual ones, short ones, and the longest deadline that is allowed. */
const CONFIGS: readonly LeaseConfig[] = [
  resolveLeaseOptions({}),
  resolveLeaseOptions({ renewDeadline: "13571ms" }),
  leaseOfTtl(3_000),
];
/** Largest difference of a clock's rate from the true one. */
const DRIFT = 0.05;
/** A lease is held again this long after the last adversity, one timeout and one TTL. */
const TAKEN_WITHIN_MS = 1_000;

/** A world with a broker and some candidates, and what is to happen to them: all of it follows from the seed. */
export class History {
  readonly world: World;
  readonly broker: SimulatedBroker;
  readonly config: LeaseConfig;
  readonly members: readonly Member[];
  /** What happened, a line each, for the comparison of two runs and for a reader. */
  readonly lines: string[] = [];
  readonly quietMs: number;
  /** When somebody must hold the lease at the latest. */
  readonly endMs: number;
  readonly #drifts: boolean;
  readonly #traced: boolean;
  #lastHolder: Member | undefined;
  #lastTerm = 0;
  terms = 0;
  violation: string | undefined;

  constructor(seed: number, createCandidate: (parts: CandidateParts) => Candidate, traced: boolean) {
    const world = new World(seed);
    this.world = world;
    this.#traced = traced;
    this.config = world.pick(CONFIGS);
    const { ttlMs, renewTimeoutMs } = this.config;
    this.#drifts = world.chance(0.8);
    this.quietMs = world.between(1, 4) * ttlMs;
    const slowestClock = this.#drifts ? 1 - DRIFT : 1;
    // What was lost at the last moment is waited for, and who gives up for that is out for one TTL.
    this.endMs = this.quietMs + (renewTimeoutMs + ttlMs + TAKEN_WITHIN_MS) / slowestClock;
    this.broker = new SimulatedBroker({
      world,
      ttlMs,
      rate: this.#rate(),
      tellsTime: world.chance(0.7),
      replicationMs: world.pick([0, 0, 10, 100]),
    });
    if (world.chance(0.3)) this.broker.guardTerm = 1_000;

    const lossProbability = world.pick([0, 0, 0.02, 0.2]);
    const slowProbability = world.pick([0, 0.05, 0.3]);
    const delays = { usualMs: world.pick([1, 5, 40]), slowMs: 1.5 * ttlMs, slowProbability, lossProbability };
    const trace = (id: string) => (traced ? (what: string) => this.#note(`${id} ${what}`) : undefined);
    this.members = Array.from({ length: 2 + Math.floor(world.between(0, 4)) }, (_, index): Member => {
      const process = new SimulatedProcess(world, `c${index}`, this.#rate());
      process.delays = delays;
      const store = new SimulatedStore(process, this.broker, trace(process.id));
      const parts: CandidateParts = {
        process,
        store,
        config: this.config,
        random: createRandom(world.random() * 2 ** 32),
        trace: trace(process.id),
        onAcquired: (term) => this.#acquired(process, term),
      };
      return { process, candidate: createCandidate(parts) };
    });
    this.broker.onWrite = (write) => {
      for (const { process, candidate } of this.members) process.hear(() => candidate.hear(write));
    };
    for (const { process, candidate } of this.members) {
      const startMs = world.chance(0.8) ? world.between(0, 0.1) * ttlMs : world.between(0, this.quietMs);
      world.after(startMs, () => process.deliver(() => candidate.start()));
    }
    this.#planAdversity();
  }

  get lastHolder(): Member | undefined {
    return this.#lastHolder;
  }

  #note(line: string): void {
    this.lines.push(`${this.world.nowMs.toFixed(3)} ${line}`);
  }

  #rate(): number {
    if (!this.#drifts) return 1;
    return this.world.pick([1 - DRIFT, 1, 1 + DRIFT, this.world.between(1 - DRIFT, 1 + DRIFT)]);
  }

  #planAdversity(): void {
    const { world, quietMs } = this;
    const strikes = Math.floor(world.between(2, 16));
    for (let made = 0; made < strikes; made += 1) {
      world.after(world.between(0, quietMs), () => strike(this satisfies Scene));
    }
    world.after(quietMs, () => {
      this.broker.failing = false;
      for (const { process } of this.members) {
        process.reconnect();
        process.link = GOOD_LINK;
        process.delays = QUIET_DELAYS;
      }
    });
  }

  #acquired(process: SimulatedProcess, term: number): void {
    if (this.#traced) this.#note(`${process.id} works under term ${term}`);
    this.terms += 1;
    this.#lastHolder = this.members.find((member) => member.process === process);
    if (term <= this.#lastTerm) this.violation ??= `term ${term} came after ${this.#lastTerm}`;
    this.#lastTerm = Math.max(this.#lastTerm, term);
    this.broker.guardTerm = Math.max(this.broker.guardTerm, term);
  }
}

/** Lives through one history by the rules given, and looks after every event whether two may be working. */
export function runHistory(seed: number, rules: LeaseRules, traced: boolean = false): HistoryOutcome {
  const candidates: SimulatedCandidate[] = [];
  const create = (parts: CandidateParts) => {
    const candidate = new SimulatedCandidate(parts, rules);
    candidates.push(candidate);
    return candidate;
  };
  const history = new History(seed, create, traced);
  const { world } = history;
  let steps = 0;
  let heldAfterQuiet = false;
  // Once somebody holds it in quiet and has renewed it, nothing changes any more.
  const settledMs = history.quietMs + history.config.renewIntervalMs;
  while (history.violation === undefined && !(heldAfterQuiet && world.nowMs > settledMs)) {
    if (!world.step(history.endMs)) break;
    steps += 1;
    let working = 0;
    let signals = 0;
    for (const candidate of candidates) {
      if (candidate.mayBeWorking) working += 1;
      if (candidate.signalIsAlive) signals += 1;
    }
    if (working > 1) history.violation = `${working} may be working at once`;
    else if (signals > 1) history.violation = `${signals} work signals are alive at once`;
    heldAfterQuiet ||= working > 0 && world.nowMs >= history.quietMs;
  }
  if (!heldAfterQuiet) history.violation ??= "nobody held the lease in time";
  const { violation, terms } = history;
  return {
    violation: violation && `at ${world.nowMs.toFixed(0)} ms: ${violation}`,
    terms,
    steps,
    lines: history.lines,
  };
}
