import type { LeaseFound } from "../lease-event.ts";
import type { World } from "./world.ts";

interface StoredKey {
  readonly revision: number;
  /** The candidate that wrote it; `undefined` on a delete marker. */
  readonly holder: string | undefined;
  readonly term: number | undefined;
  readonly storedMs: number;
  readonly expiresMs: number;
}

/** A write that was heard on the wire, stored or not. */
export interface SimulatedWrite {
  readonly operation: "put" | "delete";
  readonly writer: string;
}

/** A write as it is sent. */
export interface SentWrite extends SimulatedWrite {
  readonly term: number | undefined;
  readonly expectedRevision: number;
  readonly expectedBucketRevision?: number | undefined;
}

/** Longest time the broker takes to drop a key that is due. */
const EXPIRY_LATE_MS = 320;

export interface SimulatedBrokerParts {
  readonly world: World;
  readonly ttlMs: number;
  /** How fast its clock goes; 1 is right. */
  readonly rate: number;
  /** Whether it tells its time, as servers from 2.10 on do. */
  readonly tellsTime: boolean;
  /**
   * Time that a write may be on its way between the broker's copies, in ms. If there is any, an expected revision of the key
   * other than 0 is compared when the write arrives, and never again, as servers before 2.10 do; all else when it is stored.
   */
  readonly replicationMs: number;
}

/** One key of a bucket with a TTL: revisions, writes that expect one, delete markers, expiry that is late by a little. */
export class SimulatedBroker {
  readonly #parts: SimulatedBrokerParts;
  #key: StoredKey | undefined;
  #revision = 0;
  #lastStoredMs = 0;
  /** What the lease guards: the greatest term it was written under. */
  guardTerm = 0;
  /** Answers nothing but that it has no leader. */
  failing = false;
  /** Hears of every write before it is decided. */
  onWrite: (write: SimulatedWrite) => void = () => {};

  constructor(parts: SimulatedBrokerParts) {
    this.#parts = parts;
  }

  /** Calls `done` with the revision of a write when it is stored, with `undefined` when it is refused. */
  write(write: SentWrite, done: (revision: number | undefined) => void): void {
    const { world, replicationMs } = this.#parts;
    this.onWrite(write);
    const decide = (isCompared: boolean) =>
      isCompared || this.#isKeyAsExpected(write) ? this.#store(write) : undefined;
    const isUpdate = write.expectedRevision > 0;
    if (replicationMs === 0 || (isUpdate && !this.#isKeyAsExpected(write))) {
      done(decide(false));
      return;
    }
    this.#lastStoredMs = Math.max(this.#lastStoredMs, world.nowMs + world.between(0, replicationMs));
    world.after(this.#lastStoredMs - world.nowMs, () => done(decide(isUpdate)));
  }

  read(reader: string): LeaseFound {
    const { world, rate, tellsTime } = this.#parts;
    this.#expire();
    const bucketRevision = this.#revision;
    const key = this.#key;
    if (!key) return { freeAt: 0, bucketRevision };
    const { revision, holder, term } = key;
    if (holder === undefined) return { freeAt: revision, bucketRevision };
    const ageMs = tellsTime ? (world.nowMs - key.storedMs) * rate : undefined;
    return { revision, holder, mine: holder === reader, term, acquiredAt: undefined, ageMs, bucketRevision };
  }

  #isKeyAsExpected({ expectedRevision }: SentWrite): boolean {
    this.#expire();
    return (this.#key?.revision ?? 0) === expectedRevision;
  }

  #store({ operation, writer, term, expectedBucketRevision }: SentWrite): number | undefined {
    const { world, ttlMs, rate } = this.#parts;
    if (expectedBucketRevision !== undefined && expectedBucketRevision !== this.#revision) return undefined;
    this.#revision += 1;
    const livesMs = ttlMs / rate + world.between(0, EXPIRY_LATE_MS);
    this.#key = {
      revision: this.#revision,
      holder: operation === "put" ? writer : undefined,
      term,
      storedMs: world.nowMs,
      expiresMs: world.nowMs + livesMs,
    };
    return this.#revision;
  }

  #expire(): void {
    if (this.#key && this.#parts.world.nowMs >= this.#key.expiresMs) this.#key = undefined;
  }
}
