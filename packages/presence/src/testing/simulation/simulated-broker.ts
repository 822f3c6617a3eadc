import { type Bucket, type BucketEntry, busErrors, type HeardWrite } from "@fleet/bus";
import type { FakeClock } from "@fleet/runtime/testing";
import { HEADER_SESSION, HEARTBEAT_BUCKET } from "@fleet/wire";
import type { Random } from "./random.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

export interface SimulatedBrokerParts {
  readonly world: FakeClock;
  readonly random: Random;
  readonly ttlMs: number;
}

/** Longest time a message takes. */
export const MAX_DELAY_MS = 400;
const REQUEST_TIMEOUT_MS = 1_000;

/** A server with one bucket, and the observer's connection to it. */
export class SimulatedBroker {
  readonly #parts: SimulatedBrokerParts;
  #stored = new Map<string, BucketEntry>();
  readonly #lastSession = new Map<string, string | undefined>();
  #lastRevision = 0;
  #createdAt = 1;
  #listener: ((write: HeardWrite) => void) | undefined;
  #wallOffsetMs = 0;
  isUp = true;
  hasBucket = true;
  /** JetStream answers nobody. */
  isMute = false;
  /** The observer is connected. */
  isObserved = true;
  /** Whatever is published reaches the observer's present subscription no more. */
  isDeaf = false;
  /** Part of what is published that does not reach the observer, and part of it that does twice. */
  lossProbability = 0;
  twiceProbability = 0;

  constructor(parts: SimulatedBrokerParts) {
    this.#parts = parts;
  }

  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Loses the bucket; a new one has other numbers. */
  loseBucket(): void {
    this.#stored.clear();
    this.#lastRevision = 0;
    this.#createdAt += 1;
  }

  /** Takes a write in: it is told to the observer, and stored. */
  write(key: string, value: Uint8Array, session: string | undefined, operation: "put" | "delete" = "put"): void {
    const { random } = this.#parts;
    const header = (name: string) => (name === HEADER_SESSION && operation === "delete" ? session : undefined);
    this.#tell({ key, value, operation, header });
    if (random.chance(this.twiceProbability)) this.#tell({ key, value, operation, header });
    // A goodbye expects the last beat to be its own.
    if (!this.hasBucket || (operation === "delete" && this.#lastSession.get(key) !== session)) return;
    this.#lastSession.set(key, session);
    this.#lastRevision += 1;
    const entry = { key, value, operation, header, revision: this.#lastRevision, storedAt: this.#wallMs() };
    this.#stored.delete(key);
    this.#stored.set(key, entry);
  }

  /** The bucket as the observer's process uses it. */
  bucketFor(process: SimulatedProcess): Bucket {
    const ask = <Answer>(answer: () => Answer): Promise<Answer> => this.#ask(process, answer);
    const refuse = () => Promise.reject(new Error("not in this world"));
    return {
      name: HEARTBEAT_BUCKET,
      put: refuse,
      delete: refuse,
      purge: refuse,
      get: (key) => ask(() => this.#stored.get(key)),
      state: () =>
        ask(() => ({
          keys: this.#stored.size,
          lastRevision: this.#lastRevision,
          brokerNow: this.#wallMs(),
          ttlMs: this.#parts.ttlMs,
          storage: "memory" as const,
          createdAt: this.#createdAt,
        })),
      replay: (visit) =>
        ask(() => {
          const result = { brokerNow: this.#wallMs(), lastRevision: this.#lastRevision };
          for (const entry of this.#stored.values()) visit(entry, result);
          return result;
        }),
      hear: (onWrite) => {
        // A new subscription hears again.
        this.isDeaf = false;
        const listener = (write: HeardWrite) => process.receive(() => this.#listener === listener && onWrite(write));
        this.#listener = listener;
        return { ready: Promise.resolve(), close: () => {} };
      },
    };
  }

  /** Resolves when all that was sent to the observer has arrived. */
  flush(process: SimulatedProcess): Promise<void> {
    return this.#request(process, () => {}, MAX_DELAY_MS);
  }

  #tell(write: HeardWrite): void {
    const { world, random } = this.#parts;
    if (!this.isObserved || this.isDeaf || random.chance(this.lossProbability)) return;
    const listener = this.#listener;
    const delayMs = random.chance(0.9) ? random.between(0, 5) : random.between(0, MAX_DELAY_MS);
    world.setTimer(delayMs, () => {
      if (this.isObserved) listener?.(write);
    });
  }

  #ask<Answer>(process: SimulatedProcess, answer: () => Answer): Promise<Answer> {
    return this.#request(
      process,
      () => {
        if (this.isMute) throw busErrors.create("TIMEOUT", "no answer");
        if (!this.hasBucket) throw busErrors.create("BUCKET_MISSING", "no bucket");
        this.#expire();
        return answer();
      },
      0,
    );
  }

  #request<Answer>(process: SimulatedProcess, answer: () => Answer, leastMs: number): Promise<Answer> {
    const { world, random } = this.#parts;
    return new Promise((resolve, reject) => {
      const end = (afterMs: number, settle: () => void) => world.setTimer(afterMs, () => process.receive(settle));
      if (!this.isUp || !this.isObserved) {
        end(1, () => reject(busErrors.create("NOT_CONNECTED", "not connected")));
        return;
      }
      const delayMs = leastMs + random.between(0, 20);
      end(this.isMute ? REQUEST_TIMEOUT_MS : delayMs, () => {
        if (!this.isUp || !this.isObserved) reject(busErrors.create("NOT_CONNECTED", "not connected"));
        else
          try {
            resolve(answer());
          } catch (error) {
            reject(error);
          }
      });
    });
  }

  #wallMs(): number {
    return this.#parts.world.wallMs() + this.#wallOffsetMs;
  }

  #expire(): void {
    const nowAt = this.#wallMs();
    for (const [key, { storedAt }] of this.#stored) {
      if (nowAt - storedAt >= this.#parts.ttlMs) this.#stored.delete(key);
    }
  }
}
