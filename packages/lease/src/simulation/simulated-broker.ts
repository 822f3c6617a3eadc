import type { LeaseRecord } from "../lease-state.ts";
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

/** Longest time the broker takes to drop a key that is due. */
const EXPIRY_LATE_MS = 320;

export interface SimulatedBrokerParts {
  readonly world: World;
  readonly ttlMs: number;
  /** How fast its clock goes; 1 is right. */
  readonly rate: number;
  /** Whether it tells its time, as servers from 2.10 on do. */
  readonly tellsTime: boolean;
}

/** One key of a bucket with a TTL: revisions, writes that expect one, delete markers, expiry that is late by a little. */
export class SimulatedBroker {
  readonly #parts: SimulatedBrokerParts;
  #key: StoredKey | undefined;
  #revision = 0;
  /** What the lease guards: the greatest term it was written under. */
  guardTerm = 0;
  /** Answers nothing but that it has no leader. */
  failing = false;
  /** Hears of every write before it is decided. */
  onWrite: (write: SimulatedWrite) => void = () => {};

  constructor(parts: SimulatedBrokerParts) {
    this.#parts = parts;
  }

  /** Resolves to the revision of a write that was stored, `undefined` if it was refused. */
  write(
    writer: string,
    operation: "put" | "delete",
    expectedRevision: number,
    term: number | undefined,
  ): number | undefined {
    const { world, ttlMs, rate } = this.#parts;
    this.onWrite({ operation, writer });
    this.#expire();
    if ((this.#key?.revision ?? 0) !== expectedRevision) return undefined;
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

  read(reader: string): LeaseRecord | { readonly freeAt: number } {
    const { world, rate, tellsTime } = this.#parts;
    this.#expire();
    const key = this.#key;
    if (!key) return { freeAt: 0 };
    const { revision, holder, term } = key;
    if (holder === undefined) return { freeAt: revision };
    const ageMs = tellsTime ? (world.nowMs - key.storedMs) * rate : undefined;
    return { revision, holder, mine: holder === reader, term, acquiredAt: undefined, ageMs };
  }

  #expire(): void {
    if (this.#key && this.#parts.world.nowMs >= this.#key.expiresMs) this.#key = undefined;
  }
}
