import { type Clock, createDeferred, type Deferred, type FleetError } from "@fleet/runtime";
import { busErrors } from "./errors.ts";
import { explainAnswer, notSent, withLabel } from "./fence-errors.ts";
import type { Headers } from "./message.ts";

/** A write on its way into a stream. */
export interface OutgoingWrite {
  readonly key: string;
  /** Not copied: it must stay as it is until the write has been sent. */
  readonly value: Uint8Array;
  readonly headers: Headers;
}

export interface WritePipelineParts {
  readonly clock: Clock;
  /** Sequence of the stream's last message. */
  readonly lastRevision: number;
  /** Most writes on their way at once. */
  readonly window: number;
  /** Longest time the answer to one write may take. */
  readonly timeoutMs: number;
  /** Sends a write, to be stored at `revision` and nowhere else; throws if it cannot be sent. */
  readonly send: (write: OutgoingWrite, revision: number) => void;
  /** Names a key in error messages. */
  readonly label: (key: string) => string;
  /** Called once, when nothing more will be sent and no answer is awaited. */
  readonly onEnd: () => void;
}

/** `failed`: a write was refused or its outcome is unknown; `closed`: told to send nothing after what it has. */
export type WritePipelineState = "open" | "failed" | "closed";

/**
 * Writes, each expecting the sequence of the one before it, sent without waiting for one another: the sequences are known
 * beforehand as long as nobody else writes. The first failure is the last: nothing is sent after it.
 *
 * What it tells of a write is true of that write. A number: it is stored there, once. `FENCED`: it is not stored and will
 * not be. Other codes say for themselves whether the outcome is known.
 */
export interface WritePipeline {
  readonly state: WritePipelineState;
  /** Why it failed. */
  readonly failure: FleetError | undefined;
  /** Sequence of the last message known to be stored. */
  readonly lastRevision: number;
  /** Of two writes to one key the second is sent when the first is stored. */
  write(write: OutgoingWrite): Promise<number>;
  /** Resolves when fewer writes wait to be sent than the window holds, or none will be sent any more. */
  ready(): Promise<void>;
  /** Takes the answer to the write that was sent for `revision`. */
  receive(revision: number, outcome: number | FleetError): void;
  /** No answers will come to what has been sent. */
  lose(error: FleetError): void;
  /** Sends nothing more. Answers to what has been sent are still taken. */
  fail(failure: FleetError): void;
  /** Takes no more writes; resolves when all have their outcome. */
  drain(): Promise<void>;
}

export function createWritePipeline(parts: WritePipelineParts): WritePipeline {
  return new SequencedPipeline(parts);
}

interface Pending {
  readonly write: OutgoingWrite;
  readonly outcome: Deferred<number>;
  dueMono: number;
  /** The one after it in the queue; once it has left that, the one after it to the same key. */
  next: Pending | undefined;
}

class SequencedPipeline implements WritePipeline {
  readonly #parts: WritePipelineParts;
  readonly #sent = new Map<number, Pending>();
  /** The last of the writes to each key that has one on its way. */
  readonly #lastOfKey = new Map<string, Pending>();
  readonly #ended = createDeferred();
  #first: Pending | undefined;
  #last: Pending | undefined;
  #waiting = 0;
  #lastRevision: number;
  #nextRevision: number;
  #room: Deferred<void> | undefined;
  #failure: FleetError | undefined;
  #closing = false;
  #hasEnded = false;
  #cancelTimer: (() => void) | undefined;

  constructor(parts: WritePipelineParts) {
    this.#parts = parts;
    this.#lastRevision = parts.lastRevision;
    this.#nextRevision = parts.lastRevision + 1;
  }

  get state(): WritePipelineState {
    if (this.#failure) return "failed";
    return this.#closing ? "closed" : "open";
  }

  get failure(): FleetError | undefined {
    return this.#failure;
  }

  get lastRevision(): number {
    return this.#lastRevision;
  }

  write(write: OutgoingWrite): Promise<number> {
    const pending: Pending = { write, outcome: createDeferred<number>(), dueMono: 0, next: undefined };
    if (this.state !== "open") {
      pending.outcome.reject(this.#notSent(write.key));
      return pending.outcome.promise;
    }
    if (this.#last) this.#last.next = pending;
    else this.#first = pending;
    this.#last = pending;
    this.#waiting += 1;
    this.#goOn();
    return pending.outcome.promise;
  }

  ready(): Promise<void> {
    if (this.state !== "open" || this.#waiting < this.#parts.window) return Promise.resolve();
    this.#room ??= createDeferred();
    return this.#room.promise;
  }

  receive(revision: number, outcome: number | FleetError): void {
    const pending = this.#sent.get(revision);
    if (!pending) return;
    if (outcome === revision) {
      if (this.#failure) this.#stored(revision, pending);
      else this.#storedUpTo(revision);
    } else {
      this.#sent.delete(revision);
      const label = this.#parts.label(pending.write.key);
      this.#failWith(pending, explainAnswer(outcome, { label, revision, ending: this.#failure }));
    }
    this.#goOn();
  }

  lose(error: FleetError): void {
    for (const [revision, pending] of this.#sent) {
      this.#sent.delete(revision);
      this.#failWith(pending, withLabel(this.#parts.label(pending.write.key), error));
    }
    this.#goOn();
  }

  fail(failure: FleetError): void {
    if (this.#failure || this.#hasEnded) return;
    this.#failure = failure;
    this.#rejectAll(this.#first);
    this.#first = undefined;
    this.#last = undefined;
    for (const pending of this.#sent.values()) {
      this.#rejectAll(pending.next);
      pending.next = undefined;
    }
    this.#lastOfKey.clear();
    this.#goOn();
  }

  drain(): Promise<void> {
    this.#closing = true;
    this.#goOn();
    return this.#ended.promise;
  }

  /** Does whatever has become possible. */
  #goOn(): void {
    while (this.#first && this.#sent.size < this.#parts.window) {
      const pending = this.#first;
      this.#first = pending.next;
      if (!this.#first) this.#last = undefined;
      pending.next = undefined;
      const before = this.#lastOfKey.get(pending.write.key);
      this.#lastOfKey.set(pending.write.key, pending);
      if (before) before.next = pending;
      else this.#send(pending);
    }
    if (this.#room && (this.state !== "open" || this.#waiting < this.#parts.window)) {
      this.#room.resolve();
      this.#room = undefined;
    }
    this.#watchTime();
    const isOver = this.state !== "open" && this.#sent.size === 0 && !this.#first;
    if (!isOver || this.#hasEnded) return;
    this.#hasEnded = true;
    this.#parts.onEnd();
    this.#ended.resolve();
  }

  #send(pending: Pending): void {
    const { clock, timeoutMs, send } = this.#parts;
    const revision = this.#nextRevision;
    this.#waiting -= 1;
    try {
      send(pending.write, revision);
    } catch (error) {
      this.#failWith(pending, error as FleetError);
      return;
    }
    this.#nextRevision += 1;
    pending.dueMono = clock.monoMs() + timeoutMs;
    this.#sent.set(revision, pending);
  }

  /**
   * A message can only have been stored at its place if those before it have been at theirs, whether or not an answer told
   * so: each had to find its predecessor as the last one.
   */
  #storedUpTo(revision: number): void {
    for (const [sentRevision, pending] of this.#sent) {
      if (sentRevision > revision) break;
      this.#stored(sentRevision, pending);
    }
  }

  #stored(revision: number, pending: Pending): void {
    this.#sent.delete(revision);
    this.#lastRevision = Math.max(this.#lastRevision, revision);
    pending.outcome.resolve(revision);
    const { next } = pending;
    if (next) this.#send(next);
    else if (this.#lastOfKey.get(pending.write.key) === pending) this.#lastOfKey.delete(pending.write.key);
  }

  #failWith(pending: Pending, error: FleetError): void {
    pending.outcome.reject(error);
    this.fail(error);
    this.#rejectAll(pending.next);
  }

  #rejectAll(first: Pending | undefined): void {
    for (let pending = first; pending; pending = pending.next) {
      this.#waiting -= 1;
      pending.outcome.reject(this.#notSent(pending.write.key));
    }
  }

  #notSent(key: string): FleetError {
    return notSent(this.#parts.label(key), this.#failure);
  }

  /** Keeps one timer for the write sent first. */
  #watchTime(): void {
    const [first] = this.#sent.values();
    if (!first) {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
    } else if (!this.#cancelTimer) {
      const { clock } = this.#parts;
      this.#cancelTimer = clock.setTimer(first.dueMono - clock.monoMs(), () => this.#onTime());
    }
  }

  #onTime(): void {
    this.#cancelTimer = undefined;
    const nowMono = this.#parts.clock.monoMs();
    for (const [revision, pending] of this.#sent) {
      if (pending.dueMono > nowMono) break;
      this.#sent.delete(revision);
      const label = this.#parts.label(pending.write.key);
      this.#failWith(pending, busErrors.create("TIMEOUT", `${label}: no answer in time`));
    }
    this.#goOn();
  }
}
