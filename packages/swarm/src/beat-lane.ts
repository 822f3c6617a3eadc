import { type Connection, createWriteWindow, type WriteWindow } from "@fleet/bus";
import { beatDeadlineMs, retryBeatMono } from "@fleet/presence";
import { type Clock, type FleetError, isFleetError } from "@fleet/runtime";
import { FACTS_BUCKET, HEADER_SESSION, HEARTBEAT_BUCKET, type HeartbeatWriter } from "@fleet/wire";
import type { PeelNames } from "./peel-names.ts";
import { createPeelQueue, type PeelQueue } from "./peel-queue.ts";
import { ALIVE, CRASHED, LEAVING, LEFT, type PeelRecords } from "./peel-records.ts";
import type { PeelSessions } from "./peel-sessions.ts";
import { createRetryWheel } from "./retry-wheel.ts";
import type { SwarmLedger } from "./swarm-accounts.ts";
import { BEAT, FACTS, isOfLife, kindOf, MARKER, NOTHING, peelOf, tagOf } from "./write-tag.ts";

/** What lanes share. */
export interface BeatLaneParts {
  readonly records: PeelRecords;
  readonly names: PeelNames;
  readonly sessions: PeelSessions;
  readonly writer: HeartbeatWriter;
  /** The next regular beat of a peel after a moment. */
  readonly nextBeatMono: (peel: number, afterMono: number) => number;
  readonly ledger: SwarmLedger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly intervalMs: number;
  /** Age at which the broker drops a key; `Infinity` for never. */
  readonly ttlMs: () => number;
  /** Whether this beat is dropped on purpose. */
  readonly isLost: (peel: number, dueMono: number) => boolean;
  /** The facts of a peel; without it none are written. */
  readonly factsOf: ((peel: number) => Uint8Array) | undefined;
  /** Told when the condition of a peel has changed. */
  readonly onChange: (peel: number) => void;
}

/** A beat is late when it is sent this part of an interval after it was due: a master then calls its peel late. */
const LATE_PART = 0.2;
/** The part of the window that has to be free before answers make for new beats; between them the next look does. */
const REFILL_PART = 0.25;
/** Time until facts that were refused are written again. */
const FACTS_RETRY_MS = 1_000;
const MAX_FAILURES = 255;

/**
 * The peels that share one connection, and their beats and goodbyes on the way to the broker. A peel waits at most once, and
 * has at most one beat on its way, so that nothing piles up however far behind the broker is. While the connection is down
 * nothing is kept; after it every peel beats at once, as a real one does.
 */
export class BeatLane {
  readonly #parts: BeatLaneParts;
  readonly #connection: Connection;
  readonly #window: WriteWindow;
  readonly #queue: PeelQueue;
  readonly #retries = createRetryWheel();
  readonly #facts: number[] = [];
  readonly #factsRetries = createRetryWheel();

  constructor(connection: Connection, capacity: number, parts: BeatLaneParts) {
    this.#parts = parts;
    this.#connection = connection;
    this.#queue = createPeelQueue(capacity);
    this.#window = createWriteWindow({
      connection,
      timeoutMs: beatDeadlineMs(parts.intervalMs),
      onStored: (tag, revision, tookMs, nowMono) => this.#onStored(tag, revision, tookMs, nowMono),
      onFailed: (tag, error) => this.#onFailed(tag, error),
    });
  }

  /** Whether anything is still to be sent or answered. */
  get busy(): boolean {
    return this.#queue.size > 0 || this.#window.inFlight > 0;
  }

  /** A peel begins a life, with a beat. */
  join(peel: number, atMono: number): void {
    const { records, ledger } = this.#parts;
    ledger.peels.joined += 1;
    if ((records.life[peel] as number) > 0) ledger.peels.returned += 1;
    records.beginLife(peel, atMono);
    this.#become(peel, ALIVE);
    this.beat(peel, atMono);
  }

  /** It stops and says nothing. */
  crash(peel: number): void {
    this.#parts.ledger.peels.crashed += 1;
    this.#become(peel, CRASHED);
  }

  /** It writes a delete marker over its own last beat; if it does not know that beat it goes without, as a real one. */
  leave(peel: number): void {
    const { records } = this.#parts;
    this.#become(peel, LEAVING);
    if (records.inFlight[peel] === 0 && records.queued[peel] === NOTHING) this.#sayGoodbye(peel);
  }

  /** A beat is due. */
  beat(peel: number, dueMono: number): void {
    const { records, ledger, intervalMs, isLost } = this.#parts;
    if (records.condition[peel] !== ALIVE) return;
    const isBusy = records.queued[peel] !== NOTHING || records.inFlight[peel] === 1;
    // The first beat of a life, or after a reconnect, stands for the regular one that comes while it is on its way.
    if (isBusy && dueMono - (records.dueMono[peel] as number) < intervalMs / 2) return;
    ledger.beats.due += 1;
    if (isLost(peel, dueMono)) {
      ledger.beats.lost += 1;
    } else if (isBusy || this.#connection.state !== "connected") {
      ledger.beats.unsent += 1;
    } else {
      records.dueMono[peel] = dueMono;
      this.#enqueue(peel, BEAT);
    }
  }

  /** Sends what is to be sent by now, as far as there is room. */
  pump(): void {
    const nowMono = this.#parts.clock.monoMs();
    this.#retries.take(nowMono, (peel) => this.#retry(peel));
    this.#factsRetries.take(nowMono, (peel) => this.#facts.push(peel));
    this.#fill();
  }

  /** Drops what waits, because the connection is lost or the swarm stops. */
  drop(): void {
    const { records, ledger } = this.#parts;
    while (this.#queue.size > 0) {
      const peel = this.#queue.shift();
      if (records.queued[peel] === BEAT) {
        ledger.beats.waiting -= 1;
        ledger.beats.unsent += 1;
      }
      records.queued[peel] = NOTHING;
      if (records.condition[peel] === LEAVING) this.#gone(peel, CRASHED);
    }
  }

  close(): void {
    this.#window.close();
  }

  #become(peel: number, condition: number): void {
    const { records, clock, onChange } = this.#parts;
    records.condition[peel] = condition;
    records.sinceMono[peel] = clock.monoMs();
    onChange(peel);
  }

  #enqueue(peel: number, what: number): void {
    if (what === BEAT) this.#parts.ledger.beats.waiting += 1;
    this.#parts.records.queued[peel] = what;
    this.#queue.push(peel);
  }

  #sayGoodbye(peel: number): void {
    const isKnown = (this.#parts.records.revision[peel] as number) > 0;
    if (isKnown && this.#connection.state === "connected") this.#enqueue(peel, MARKER);
    else this.#gone(peel, CRASHED);
  }

  #gone(peel: number, condition: number): void {
    const { peels } = this.#parts.ledger;
    if (condition === LEFT) peels.left += 1;
    else peels.leftWithoutMarker += 1;
    this.#become(peel, condition);
  }

  #fill(): void {
    // Lost since: the listener to its state drops what waits.
    if (this.#connection.state !== "connected") return;
    try {
      while (this.#queue.size > 0 && this.#window.room > 0) this.#sendNext(this.#queue.shift());
      while (this.#facts.length > 0 && this.#window.room > 0) this.#sendFacts(this.#facts.pop() as number);
    } catch (error) {
      if (!isFleetError(error, "NOT_CONNECTED")) throw error;
    }
  }

  #sendNext(peel: number): void {
    const { records, ledger } = this.#parts;
    const what = records.queued[peel];
    records.queued[peel] = NOTHING;
    const condition = records.condition[peel];
    if (what === BEAT) ledger.beats.waiting -= 1;
    if (what === BEAT && condition === ALIVE) {
      this.#sendBeat(peel);
    } else if (what === BEAT) {
      ledger.beats.unsent += 1;
      if (condition === LEAVING) this.#sayGoodbye(peel);
    } else if (condition === LEAVING) {
      this.#sendMarker(peel);
    }
  }

  #sendBeat(peel: number): void {
    const { records, names, sessions, writer, ledger, clock, intervalMs } = this.#parts;
    const { beats } = ledger;
    const session = sessions.bytesOf(peel, records.life[peel] as number);
    const value = writer.write(clock.wallMs(), session, (records.seq[peel] as number) + 1);
    // Told before it is sent: should that fail, what is counted adds up all the same.
    beats.sent += 1;
    beats.inFlight += 1;
    try {
      const sentMono = this.#window.put(HEARTBEAT_BUCKET, names.idOf(peel), value, this.#tag(peel, BEAT));
      records.inFlight[peel] = 1;
      if (sentMono - (records.dueMono[peel] as number) > LATE_PART * intervalMs) beats.late += 1;
    } catch (error) {
      this.#countFailure(error as FleetError);
      throw error;
    }
  }

  #sendMarker(peel: number): void {
    const { records, names, sessions } = this.#parts;
    try {
      this.#window.delete(HEARTBEAT_BUCKET, names.idOf(peel), this.#tag(peel, MARKER), {
        expectedRevision: records.revision[peel] as number,
        headers: { [HEADER_SESSION]: sessions.textOf(peel, records.life[peel] as number) },
      });
      records.inFlight[peel] = 1;
    } catch (error) {
      this.#gone(peel, CRASHED);
      throw error;
    }
  }

  #sendFacts(peel: number): void {
    const { records, names, factsOf } = this.#parts;
    if (records.condition[peel] !== ALIVE || !factsOf) return;
    this.#window.put(FACTS_BUCKET, names.idOf(peel), factsOf(peel), this.#tag(peel, FACTS));
  }

  #tag(peel: number, kind: number): number {
    return tagOf(peel, this.#parts.records.life[peel] as number, kind);
  }

  #onStored(tag: number, revision: number, tookMs: number, nowMono: number): void {
    const { records, ledger } = this.#parts;
    const peel = peelOf(tag);
    const kind = kindOf(tag);
    if (kind === FACTS) {
      ledger.facts.stored += 1;
    } else if (kind === BEAT) {
      ledger.beats.inFlight -= 1;
      ledger.beats.acknowledged += 1;
      ledger.ack.record(tookMs);
      // Of a peel that has crashed meanwhile too: the broker's TTL runs from this beat.
      if (isOfLife(tag, records.life[peel] as number)) this.#acknowledge(peel, revision, nowMono);
    } else if (this.#isCurrent(tag)) {
      records.inFlight[peel] = 0;
      this.#gone(peel, LEFT);
    }
    // Not for each answer: a few beats at a time would be a system call for a few beats.
    const { room, limit } = this.#window;
    if (this.#queue.size > 0 && room >= limit * REFILL_PART) this.#fill();
  }

  #acknowledge(peel: number, revision: number, nowMono: number): void {
    const { records, ledger, ttlMs, factsOf } = this.#parts;
    if (nowMono - (records.heardMono[peel] as number) > ttlMs()) ledger.beats.missedTtl += 1;
    records.acknowledge(peel, revision, nowMono);
    if (factsOf && records.seq[peel] === 1) this.#facts.push(peel);
    if (records.condition[peel] === LEAVING) this.#sayGoodbye(peel);
  }

  #onFailed(tag: number, error: FleetError): void {
    const { records, ledger, clock } = this.#parts;
    const peel = peelOf(tag);
    const kind = kindOf(tag);
    if (kind === FACTS) {
      ledger.failures.add(FACTS_BUCKET, error);
      ledger.facts.failed += 1;
      this.#factsRetries.add(clock.monoMs() + FACTS_RETRY_MS, peel);
      return;
    }
    if (kind === BEAT) this.#countFailure(error);
    else ledger.failures.add(HEARTBEAT_BUCKET, error);
    if (!this.#isCurrent(tag)) return;
    records.forget(peel);
    if (records.condition[peel] === LEAVING) this.#gone(peel, CRASHED);
    else if (this.#connection.state === "connected") this.#retryLater(peel);
  }

  #countFailure(error: FleetError): void {
    const { ledger } = this.#parts;
    ledger.beats.inFlight -= 1;
    ledger.beats.failed += 1;
    ledger.failures.add(HEARTBEAT_BUCKET, error);
  }

  #retryLater(peel: number): void {
    const { records, nextBeatMono, clock, random, intervalMs } = this.#parts;
    const failures = Math.min(MAX_FAILURES, (records.failures[peel] as number) + 1);
    records.failures[peel] = failures;
    const nowMono = clock.monoMs();
    const regularMono = nextBeatMono(peel, nowMono);
    const atMono = retryBeatMono({ failures, nowMono, regularMono, intervalMs, random });
    if (atMono < regularMono) this.#retries.add(atMono, peel);
  }

  #retry(peel: number): void {
    const { records, ledger } = this.#parts;
    const isIdle = records.queued[peel] === NOTHING && records.inFlight[peel] === 0;
    if (records.condition[peel] !== ALIVE || records.failures[peel] === 0 || !isIdle) return;
    if (this.#connection.state !== "connected") return;
    ledger.beats.retried += 1;
    this.#enqueue(peel, BEAT);
  }

  /** Whether a write is about the life that its peel leads, and that has not ended meanwhile. */
  #isCurrent(tag: number): boolean {
    const { condition, life } = this.#parts.records;
    const peel = peelOf(tag);
    return (condition[peel] === ALIVE || condition[peel] === LEAVING) && isOfLife(tag, life[peel] as number);
  }
}
