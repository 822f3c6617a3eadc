import { type FleetError, invariant } from "@fleet/runtime";
import { bucketSubject, HEADER_KV_OPERATION } from "@fleet/wire";
import type { WriteOptions } from "./bucket.ts";
import type { Connection } from "./connection.ts";
import { busErrors } from "./errors.ts";
import { HEADER_EXPECTED_REVISION } from "./jetstream-api.ts";
import type { Headers } from "./message.ts";
import { readPublishOutcome } from "./publish-outcome.ts";

/**
 * Most writes that one connection may have on their way: the throughput has long stopped growing there, and servers
 * refuse what comes in far larger bursts, or lose it without a word.
 */
export const MAX_IN_FLIGHT = 5_000;

/** The room at first and after a reconnect. It grows by one with each acknowledgement until the first that fails. */
const FIRST_LIMIT = 500;
/** Below this the window does not shrink, so that it always learns when the stream takes more again. */
const LEAST_LIMIT = 64;
/** A full window of acknowledgements lets it grow by this part of its greatest size. */
const GROWTH_PART = 1 / 20;
/** The time in which several refusals count as one: they are answers to one burst. */
const ONE_BURST_MS = 100;
/** How often in its time a write is looked after. */
const LOOKS_PER_TIMEOUT = 8;
/** So long after it was given up, the answer to a write is still expected: until then it is on its way all the same. */
const FORGOTTEN_MS = 10_000;

export interface WriteWindowParts {
  readonly connection: Pick<Connection, "clock" | "createInbox" | "subscribe" | "publish" | "onState">;
  /** Most writes on their way at once. @default 5000 */
  readonly maxInFlight?: number;
  /** Longest time an answer may take. */
  readonly timeoutMs: number;
  /** Told of each write that is stored, with the tag it was given, its revision, how long that took, and the time now, monotonic. */
  readonly onStored: (tag: number, revision: number, tookMs: number, nowMono: number) => void;
  /** Told of each that was refused (`BACKPRESSURE`, …) or whose outcome is unknown (`TIMEOUT`, `NOT_CONNECTED`, `UNAVAILABLE`). */
  readonly onFailed: (tag: number, error: FleetError) => void;
}

/**
 * Acknowledged writes into buckets in bulk, on one connection: many on their way, one inbox for all the answers, and for
 * each write exactly one call of `onStored` or `onFailed`, by the number it was tagged with; nothing else is kept of it.
 * `Bucket.put`, a request for each, takes many times as long.
 *
 * The room is small at first, shrinks by half when a stream says that it takes no more, or does not answer in time, and grows again with what it
 * acknowledges. A write that was given up takes up its room until its answer comes after all: otherwise a server that is
 * behind would get ever more to do.
 */
export interface WriteWindow {
  /** Writes on their way, of which nothing was told yet. */
  readonly inFlight: number;
  /** Most that may be on their way now. */
  readonly limit: number;
  /** How many more may be sent now. */
  readonly room: number;
  /**
   * Writes a value; there must be room. It is not copied: it must stay as it is. Gives when it was sent. Throws
   * `NOT_CONNECTED`, and then nothing is told of it.
   */
  put(bucket: string, key: string, value: Uint8Array, tag: number): number;
  /** Writes a delete marker, in the same way. */
  delete(bucket: string, key: string, tag: number, options?: Pick<WriteOptions, "expectedRevision" | "headers">): void;
  /** Ends it; nothing more is told of what is on its way. */
  close(): void;
}

export function createWriteWindow(parts: WriteWindowParts): WriteWindow {
  return new TaggedWindow(parts);
}

const NOTHING = new Uint8Array();

/** In place of a token: nothing is on its way in this slot. */
const FREE = -1;

class TaggedWindow implements WriteWindow {
  readonly #parts: WriteWindowParts;
  readonly #size: number;
  readonly #inbox: string;
  /** Per slot: the token that its answer bears, so that a late one is not taken for that of the slot's next one. */
  readonly #tokens: Float64Array;
  /** The token of the slot's next write: first the slot's own number, then always one whole window more. */
  readonly #nextTokens: Float64Array;
  readonly #tags: Float64Array;
  readonly #sentMono: Float64Array;
  /** 1 where the write was given up and may still be answered. */
  readonly #givenUp: Uint8Array;
  readonly #freeSlots: Uint32Array;
  #free: number;
  #inFlight = 0;
  #limit: number;
  /** Acknowledgements since the limit last grew. */
  #acknowledged = 0;
  #shrunkMono = Number.NEGATIVE_INFINITY;
  /** Nothing is known yet of how much the server takes. */
  #isNew = true;
  #cancelTimer: (() => void) | undefined;
  readonly #close: () => void;

  constructor(parts: WriteWindowParts) {
    const { connection, maxInFlight = MAX_IN_FLIGHT } = parts;
    this.#parts = parts;
    this.#size = maxInFlight;
    this.#limit = Math.min(maxInFlight, FIRST_LIMIT);
    this.#free = maxInFlight;
    this.#tokens = new Float64Array(maxInFlight).fill(FREE);
    this.#tags = new Float64Array(maxInFlight);
    this.#sentMono = new Float64Array(maxInFlight);
    this.#givenUp = new Uint8Array(maxInFlight);
    this.#freeSlots = Uint32Array.from({ length: maxInFlight }, (_, slot) => slot);
    this.#nextTokens = Float64Array.from(this.#freeSlots);
    this.#inbox = connection.createInbox();
    const subscription = connection.subscribe(`${this.#inbox}.*`, (message) => {
      const token = Number(message.subject.slice(this.#inbox.length + 1));
      const slot = token % this.#size;
      // The answer to a write that was forgotten.
      if (this.#tokens[slot] !== token) return;
      this.#vacate(slot);
      if (this.#givenUp[slot] === 1) this.#givenUp[slot] = 0;
      else this.#tell(slot, readPublishOutcome(message, "write"));
    });
    const stopListening = connection.onState((state) => {
      if (state !== "connected") this.#lose();
    });
    this.#close = () => {
      subscription.close();
      stopListening();
      this.#cancelTimer?.();
    };
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get limit(): number {
    return this.#limit;
  }

  get room(): number {
    return Math.max(0, this.#limit - (this.#size - this.#free));
  }

  put(bucket: string, key: string, value: Uint8Array, tag: number): number {
    return this.#send(bucketSubject(bucket, key), value, tag);
  }

  delete(
    bucket: string,
    key: string,
    tag: number,
    { expectedRevision, headers }: Pick<WriteOptions, "expectedRevision" | "headers"> = {},
  ): void {
    this.#send(bucketSubject(bucket, key), NOTHING, tag, {
      ...headers,
      [HEADER_KV_OPERATION]: "DEL",
      ...(expectedRevision !== undefined && { [HEADER_EXPECTED_REVISION]: String(expectedRevision) }),
    });
  }

  close(): void {
    this.#close();
  }

  #send(subject: string, payload: Uint8Array, tag: number, headers?: Headers): number {
    const { connection } = this.#parts;
    invariant(this.#free > 0, "there is room in the window");
    const slot = this.#freeSlots[this.#free - 1] as number;
    const token = this.#nextTokens[slot] as number;
    const reply = `${this.#inbox}.${token}`;
    connection.publish(subject, payload, headers ? { reply, headers } : { reply });
    this.#free -= 1;
    this.#nextTokens[slot] = token + this.#size;
    this.#tokens[slot] = token;
    this.#tags[slot] = tag;
    const sentMono = connection.clock.monoMs();
    this.#sentMono[slot] = sentMono;
    this.#inFlight += 1;
    this.#watchTime();
    return sentMono;
  }

  #vacate(slot: number): void {
    this.#tokens[slot] = FREE;
    this.#freeSlots[this.#free] = slot;
    this.#free += 1;
  }

  /** Tells what became of the write that is or was in this slot. */
  #tell(slot: number, outcome: number | FleetError): void {
    const { connection, timeoutMs, onStored, onFailed } = this.#parts;
    const tag = this.#tags[slot] as number;
    this.#inFlight -= 1;
    if (typeof outcome === "number") {
      this.#grow();
      const nowMono = connection.clock.monoMs();
      onStored(tag, outcome, nowMono - (this.#sentMono[slot] as number), nowMono);
    } else {
      if (outcome.code === "BACKPRESSURE") this.#shrink(ONE_BURST_MS);
      // What was sent before the last time is answered by then.
      if (outcome.code === "TIMEOUT") this.#shrink(timeoutMs);
      onFailed(tag, outcome);
    }
  }

  #grow(): void {
    if (this.#limit === this.#size) return;
    if (this.#isNew) {
      this.#limit += 1;
      return;
    }
    this.#acknowledged += 1;
    if (this.#acknowledged < this.#limit) return;
    this.#acknowledged = 0;
    this.#limit = Math.min(this.#size, this.#limit + Math.ceil(this.#size * GROWTH_PART));
  }

  /** Not again within `restMs`. */
  #shrink(restMs: number): void {
    const nowMono = this.#parts.connection.clock.monoMs();
    if (nowMono - this.#shrunkMono < restMs) return;
    this.#shrunkMono = nowMono;
    this.#isNew = false;
    this.#acknowledged = 0;
    this.#limit = Math.min(this.#size, Math.max(LEAST_LIMIT, Math.floor(this.#limit / 2)));
  }

  #lose(): void {
    this.#isNew = true;
    this.#limit = Math.min(this.#size, FIRST_LIMIT);
    if (this.#free === this.#size) return;
    const error = busErrors.create("NOT_CONNECTED", "the connection to NATS was lost before the answer came");
    for (let slot = 0; slot < this.#size; slot += 1) {
      if (this.#tokens[slot] === FREE) continue;
      this.#vacate(slot);
      if (this.#givenUp[slot] === 1) this.#givenUp[slot] = 0;
      else this.#tell(slot, error);
    }
  }

  #lookForLate(): void {
    const { connection, timeoutMs } = this.#parts;
    this.#cancelTimer = undefined;
    const lateMono = connection.clock.monoMs() - timeoutMs;
    let error: FleetError | undefined;
    for (let slot = 0; slot < this.#size; slot += 1) {
      const sentMono = this.#sentMono[slot] as number;
      if (this.#tokens[slot] === FREE || sentMono > lateMono) continue;
      if (this.#givenUp[slot] === 0) {
        this.#givenUp[slot] = 1;
        error ??= busErrors.create("TIMEOUT", "write: no answer in time");
        this.#tell(slot, error);
      } else if (sentMono <= lateMono - FORGOTTEN_MS) {
        this.#givenUp[slot] = 0;
        this.#vacate(slot);
      }
    }
    if (this.#free < this.#size) this.#watchTime();
  }

  #watchTime(): void {
    const { connection, timeoutMs } = this.#parts;
    this.#cancelTimer ??= connection.clock.setTimer(timeoutMs / LOOKS_PER_TIMEOUT, () => this.#lookForLate());
  }
}
