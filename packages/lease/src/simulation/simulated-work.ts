import type { SimulatedProcess } from "./simulated-process.ts";

/** Notes what a process does. */
export type Trace = (what: string) => void;

/** Longest time work takes to end after its signal has aborted. */
const WINDING_DOWN_MS = 1_500;
/** Share of the work that ends by itself, and within which time. */
const ENDS_BY_ITSELF = 0.05;
const ENDS_WITHIN_MS = 20_000;

/** Work under one term: it ends some time after its abort, now and then by itself, and does nothing while its process is paused. */
export class SimulatedWork {
  readonly #process: SimulatedProcess;
  readonly #trace: Trace | undefined;
  readonly #onEnded: () => void;
  aborted = false;
  ended = false;

  constructor(process: SimulatedProcess, trace: Trace | undefined, onEnded: () => void) {
    this.#process = process;
    this.#trace = trace;
    this.#onEnded = onEnded;
    const { world } = process;
    if (world.chance(ENDS_BY_ITSELF)) process.setTimer(world.between(0, ENDS_WITHIN_MS), () => this.#end());
  }

  abort(): void {
    if (this.aborted || this.ended) return;
    this.aborted = true;
    this.#trace?.("abort");
    const { world } = this.#process;
    this.#process.setTimer(world.chance(0.5) ? 0 : world.between(0, WINDING_DOWN_MS), () => this.#end());
  }

  #end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#trace?.("work ended");
    this.#onEnded();
  }
}
