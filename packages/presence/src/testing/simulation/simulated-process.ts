import type { Clock } from "@fleet/runtime";
import type { FakeClock } from "@fleet/runtime/testing";

/** A process in a simulated world: it can be stopped for a while, and its wall clock jumps. */
export class SimulatedProcess {
  readonly clock: Clock;
  readonly #world: FakeClock;
  #wallOffsetMs = 0;
  #isStopped = false;
  /** What waits for the process to run again: timers come before what was received, as in an event loop. */
  #timers: (() => void)[] = [];
  #received: (() => void)[] = [];

  constructor(world: FakeClock) {
    this.#world = world;
    this.clock = {
      monoMs: () => world.monoMs(),
      wallMs: () => world.wallMs() + this.#wallOffsetMs,
      setTimer: (delayMs, callback) => {
        let cancelled = false;
        const fire = () => {
          if (cancelled) return;
          if (this.#isStopped) this.#timers.push(fire);
          else callback();
        };
        const cancel = world.setTimer(delayMs, fire);
        return () => {
          cancelled = true;
          cancel();
        };
      },
    };
  }

  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  stop(): void {
    this.#isStopped = true;
  }

  resume(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    const [timers, received] = [this.#timers, this.#received];
    this.#timers = [];
    this.#received = [];
    for (const fire of timers) fire();
    // One turn later, so that what the timers have begun comes first.
    this.#world.setTimer(0, () => {
      for (const deliver of received) deliver();
    });
  }

  /** Something comes in over the network. */
  receive(deliver: () => void): void {
    if (this.#isStopped) this.#received.push(deliver);
    else deliver();
  }
}
