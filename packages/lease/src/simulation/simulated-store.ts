import type { LeaseRecord } from "../lease-state.ts";
import type { SimulatedBroker } from "./simulated-broker.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Trace } from "./simulated-work.ts";

/** What the broker said; `undefined` from an operation whose outcome is unknown because nothing came back in time. */
export type SimulatedReply<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused" }
  | { readonly kind: "unavailable" };

/** The operations of a lease as one process sends them to the broker. */
export class SimulatedStore {
  readonly #process: SimulatedProcess;
  readonly #broker: SimulatedBroker;
  readonly #trace: Trace | undefined;

  constructor(process: SimulatedProcess, broker: SimulatedBroker, trace: Trace | undefined) {
    this.#process = process;
    this.#broker = broker;
    this.#trace = trace;
  }

  read(
    timeoutMs: number,
    done: (reply: SimulatedReply<LeaseRecord | { readonly freeAt: number }> | undefined) => void,
  ): void {
    this.#trace?.("read");
    this.#ask(() => ({ kind: "done", value: this.#broker.read(this.#process.id) }), timeoutMs, done);
  }

  write(
    expectedRevision: number,
    term: number | undefined,
    timeoutMs: number,
    done: (reply: SimulatedReply<number> | undefined) => void,
  ): void {
    this.#trace?.(`write over ${expectedRevision}, term ${term ?? "-"}`);
    const { id } = this.#process;
    this.#ask(() => storedOrRefused(this.#broker.write(id, "put", expectedRevision, term)), timeoutMs, done);
  }

  release(revision: number, timeoutMs: number, done: (reply: SimulatedReply<number> | undefined) => void): void {
    this.#trace?.(`release ${revision}`);
    const { id } = this.#process;
    this.#ask(() => storedOrRefused(this.#broker.write(id, "delete", revision, undefined)), timeoutMs, done);
  }

  lastTerm(timeoutMs: number | undefined, done: (reply: SimulatedReply<number> | undefined) => void): void {
    this.#trace?.("last term");
    this.#ask(() => ({ kind: "done", value: this.#broker.guardTerm }), timeoutMs, done);
  }

  #ask<T>(
    apply: () => SimulatedReply<T>,
    timeoutMs: number | undefined,
    done: (reply: SimulatedReply<T> | undefined) => void,
  ): void {
    const decide = (): SimulatedReply<T> => (this.#broker.failing ? { kind: "unavailable" } : apply());
    this.#process.request(decide, timeoutMs, done);
  }
}

function storedOrRefused(revision: number | undefined): SimulatedReply<number> {
  return revision === undefined ? { kind: "refused" } : { kind: "done", value: revision };
}
