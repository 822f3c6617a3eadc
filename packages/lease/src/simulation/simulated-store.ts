import type { LeaseFound } from "../lease-event.ts";
import type { LeaseWrite } from "../lease-store.ts";
import type { SentWrite, SimulatedBroker } from "./simulated-broker.ts";
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

  read(timeoutMs: number, done: (reply: SimulatedReply<LeaseFound> | undefined) => void): void {
    this.#trace?.("read");
    this.#ask((answer) => answer({ kind: "done", value: this.#broker.read(this.#process.id) }), timeoutMs, done);
  }

  write(
    { timeoutMs, ...write }: Omit<LeaseWrite, "acquiredAt">,
    done: (reply: SimulatedReply<number> | undefined) => void,
  ): void {
    const { expectedRevision, expectedBucketRevision, term } = write;
    this.#trace?.(`write over ${expectedRevision} of ${expectedBucketRevision ?? "any"}, term ${term ?? "-"}`);
    this.#send({ operation: "put", writer: this.#process.id, ...write }, timeoutMs, done);
  }

  release(revision: number, timeoutMs: number, done: (reply: SimulatedReply<number> | undefined) => void): void {
    this.#trace?.(`release ${revision}`);
    const { id } = this.#process;
    this.#send({ operation: "delete", writer: id, term: undefined, expectedRevision: revision }, timeoutMs, done);
  }

  lastTerm(timeoutMs: number | undefined, done: (reply: SimulatedReply<number> | undefined) => void): void {
    this.#trace?.("last term");
    this.#ask((answer) => answer({ kind: "done", value: this.#broker.guardTerm }), timeoutMs, done);
  }

  #send(write: SentWrite, timeoutMs: number, done: (reply: SimulatedReply<number> | undefined) => void): void {
    const ask = (answer: (reply: SimulatedReply<number>) => void) =>
      this.#broker.write(write, (revision) =>
        answer(revision === undefined ? { kind: "refused" } : { kind: "done", value: revision }),
      );
    this.#ask(ask, timeoutMs, done);
  }

  #ask<T>(
    apply: (answer: (reply: SimulatedReply<T>) => void) => void,
    timeoutMs: number | undefined,
    done: (reply: SimulatedReply<T> | undefined) => void,
  ): void {
    const decide = (answer: (reply: SimulatedReply<T>) => void) =>
      this.#broker.failing ? answer({ kind: "unavailable" }) : apply(answer);
    this.#process.request(decide, timeoutMs, done);
  }
}
