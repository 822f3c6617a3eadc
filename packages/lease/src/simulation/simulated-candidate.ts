import type { LeaseAction } from "../decide-lease.ts";
import type { LeaseAnswer, LeaseEvent } from "../lease-event.ts";
import type { LeaseConfig } from "../lease-options.ts";
import { initialLeaseState, isVoluntary, type LeaseState, mayWork } from "../lease-state.ts";
import type { LeaseWrite } from "../lease-store.ts";
import type { LeaseRules } from "./lease-rules.ts";
import type { SimulatedWrite } from "./simulated-broker.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { SimulatedReply, SimulatedStore } from "./simulated-store.ts";
import { SimulatedWork, type Trace } from "./simulated-work.ts";

export interface CandidateParts {
  readonly process: SimulatedProcess;
  readonly store: SimulatedStore;
  readonly config: LeaseConfig;
  /** Of this candidate alone. */
  readonly random: () => number;
  readonly trace: Trace | undefined;
  readonly onAcquired: (term: number) => void;
}

/** What the simulation does with a candidate, be it simulated or real. */
export interface Candidate {
  start(): void;
  hear(write: SimulatedWrite): void;
  stepDown(): void;
  standBack(): void;
  stop(): void;
}

/**
 * The elector without its promises: it decides and performs until it has to wait, and does so again after every
 * observation and at the end of the wait. A test holds it against the elector itself.
 */
export class SimulatedCandidate implements Candidate {
  readonly #parts: CandidateParts;
  readonly #rules: LeaseRules;
  readonly process: SimulatedProcess;
  #state: LeaseState;
  #work: SimulatedWork | undefined;
  #cancelWait = () => {};
  #running = false;

  constructor(parts: CandidateParts, rules: LeaseRules) {
    this.#parts = parts;
    this.#rules = rules;
    this.process = parts.process;
    this.#state = initialLeaseState(rules.now(parts.process));
  }

  start(): void {
    this.#running = true;
    this.#turn();
  }

  hear({ operation, writer }: SimulatedWrite): void {
    this.#observe({ kind: "heard", operation, mine: writer === this.process.id });
  }

  stepDown(): void {
    if (this.#state.hold) this.#observe({ kind: "step-down" });
  }

  standBack(): void {
    if (this.#state.hold) this.#observe({ kind: "unfit" });
  }

  stop(): void {
    if (this.#running) this.#observe({ kind: "stop" });
    else this.#note({ kind: "stop" });
  }

  /** Whether the work under the lease may be doing something at this moment. */
  get mayBeWorking(): boolean {
    const work = this.#work;
    const { hold } = this.#state;
    if (!work || work.ended || !hold || this.process.paused) return false;
    const { renewDeadlineMs } = this.#parts.config;
    const nowMono = this.#rules.now(this.process);
    // Work that ends because its term ends is protected until it has, or until the deadline.
    if (work.aborted) return isVoluntary(hold.endReason) && nowMono < hold.goodMono + renewDeadlineMs;
    return !this.#rules.asksIsHeld || mayWork(this.#state, nowMono, renewDeadlineMs);
  }

  /** Whether the work signal is alive; a process that has been paused must have had time to abort it. */
  get signalIsAlive(): boolean {
    const work = this.#work;
    return work !== undefined && !work.ended && !work.aborted && !this.process.paused && !this.process.isCatchingUp;
  }

  #observe(event: LeaseEvent): void {
    if (!this.#running) return;
    this.#note(event);
    this.#turn();
  }

  #note(event: LeaseEvent): void {
    const { config, random } = this.#parts;
    const { isFit } = this.process;
    const nowMono = this.#rules.now(this.process);
    this.#state = this.#rules.observe(this.#state, event, { nowMono, config, random, isFit });
  }

  #turn(): void {
    this.#cancelWait();
    for (;;) {
      const nowMono = this.#rules.now(this.process);
      const action = this.#rules.decide(this.#state, nowMono, this.#parts.config);
      if (action.kind === "finish") {
        this.#running = false;
        this.#parts.trace?.("finish");
        return;
      }
      if (action.kind === "wait") {
        if (Number.isFinite(action.untilMono)) {
          this.#cancelWait = this.process.setTimer(action.untilMono - nowMono, () => this.#turn());
        }
        return;
      }
      this.#begin(action);
    }
  }

  #begin(action: Exclude<LeaseAction, { readonly kind: "wait" | "finish" }>): void {
    const { store, config, trace, onAcquired } = this.#parts;
    const timeoutMs = config.renewTimeoutMs;
    switch (action.kind) {
      case "read":
        this.#note({ kind: "begun" });
        store.read(timeoutMs, (reply) => this.#answer(reply, (found) => ({ kind: "read", found }), "read-failed"));
        return;
      case "acquire":
        this.#write("acquired", {
          expectedRevision: action.expectedRevision,
          expectedBucketRevision: action.expectedBucketRevision,
          timeoutMs,
        });
        return;
      case "renew":
        this.#write("renewed", { expectedRevision: action.expectedRevision, timeoutMs: action.timeoutMs });
        return;
      case "choose-term":
        this.#note({ kind: "begun" });
        store.lastTerm(timeoutMs, (reply) =>
          this.#answer(reply, (lastTerm) => ({ kind: "last-term", lastTerm }), "last-term-failed"),
        );
        return;
      case "release":
        this.#note({ kind: "begun" });
        store.release(action.revision, timeoutMs, (reply) =>
          this.#answer(reply, () => ({ kind: "released" }), "released"),
        );
        return;
      case "start-work":
        this.#note({ kind: "work-started" });
        onAcquired(action.term);
        this.#work = new SimulatedWork(this.process, trace, () => this.#observe({ kind: "work-ended" }));
        return;
      case "end-work":
        this.#note({ kind: "work-ending", reason: action.reason });
        this.#work?.abort();
    }
  }

  #write(outcome: "acquired" | "renewed", options: Omit<LeaseWrite, "term" | "acquiredAt">): void {
    const term = this.#state.hold?.term;
    this.#note({ kind: "begun" });
    this.#parts.store.write({ ...options, term }, (reply) =>
      this.#answer(reply, (revision) => ({ kind: outcome, revision }), "unknown"),
    );
  }

  #answer<T>(
    reply: SimulatedReply<T> | undefined,
    toAnswer: (value: T) => LeaseAnswer,
    otherwise: "read-failed" | "last-term-failed" | "unknown" | "released",
  ): void {
    if (reply?.kind === "done") this.#observe(toAnswer(reply.value));
    else this.#observe({ kind: reply?.kind === "refused" ? "refused" : otherwise });
  }
}
