import type { World } from "./world.ts";

/** What the network does to the messages of one process. */
export interface SimulatedLink {
  readonly losesRequests: boolean;
  readonly losesReplies: boolean;
  readonly losesHearsay: boolean;
}

export const GOOD_LINK: SimulatedLink = { losesRequests: false, losesReplies: false, losesHearsay: false };

/** Ways messages take, one way. The slowest outlive every timeout and arrive when nobody waits for them any more. */
export interface SimulatedDelays {
  readonly usualMs: number;
  readonly slowMs: number;
  readonly slowProbability: number;
  readonly lossProbability: number;
}

export const QUIET_DELAYS: SimulatedDelays = { usualMs: 3, slowMs: 3, slowProbability: 0, lossProbability: 0 };

const FASTEST_MS = 0.2;
/** Timers fire late by up to this, and never early. */
const TIMER_LATE_MS = 1;

/** A process with a clock of its own, a link to the broker, and pauses in which it does nothing at all. */
export class SimulatedProcess {
  readonly world: World;
  readonly id: string;
  link: SimulatedLink = GOOD_LINK;
  delays: SimulatedDelays = QUIET_DELAYS;
  crashed = false;
  /** Whether its candidate could do the work well. */
  isFit = true;
  /** Called at every request, just before it leaves. */
  onRequest: (() => void) | undefined;
  readonly #rate: number;
  readonly #startMono: number;
  #wallOffsetMs = 0;
  #paused = false;
  #pausedUntilMs = 0;
  #connection = 0;
  #overdue: (() => void)[] = [];
  #catchingUp = 0;

  constructor(world: World, id: string, rate: number) {
    this.world = world;
    this.id = id;
    this.#rate = rate;
    this.#startMono = world.between(0, 1e6);
  }

  monoMs(): number {
    return this.#startMono + this.world.nowMs * this.#rate;
  }

  wallMs(): number {
    return this.monoMs() + this.#wallOffsetMs;
  }

  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  get paused(): boolean {
    return this.crashed || this.#paused;
  }

  /** Not every event that came due during a pause has had its turn yet. */
  get isCatchingUp(): boolean {
    return this.#catchingUp > 0;
  }

  pause(durationMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.world.nowMs + durationMs);
    if (!this.#paused) this.#resumeLater();
    this.#paused = true;
  }

  #resumeLater(): void {
    const leftMs = this.#pausedUntilMs - this.world.nowMs;
    this.world.after(Math.max(0, leftMs), () => (leftMs > 0 ? this.#resumeLater() : this.#resume()));
  }

  /** What came due meanwhile now happens in any order. */
  #resume(): void {
    this.#paused = false;
    const overdue = this.#overdue;
    this.#overdue = [];
    for (let last = overdue.length - 1; last > 0; last -= 1) {
      const other = Math.floor(this.world.random() * (last + 1));
      [overdue[last], overdue[other]] = [overdue[other] as () => void, overdue[last] as () => void];
    }
    for (const run of overdue) {
      this.#catchingUp += 1;
      this.world.after(0, () => {
        this.#catchingUp -= 1;
        this.deliver(run);
      });
    }
  }

  /** All that is under way in the network is lost, as it is with a connection. */
  reconnect(): void {
    this.#connection += 1;
  }

  /** Runs it in this process: at once, after the pause, or never again. */
  deliver(run: () => void): void {
    if (this.crashed) return;
    if (this.paused) this.#overdue.push(run);
    else run();
  }

  /** The delay is by this process's clock. */
  setTimer(delayMs: number, callback: () => void): () => void {
    let live = true;
    const fire = () => {
      if (live) callback();
    };
    const lateMs = this.world.between(0.001, TIMER_LATE_MS);
    this.world.after(Math.max(0, delayMs) / this.#rate + lateMs, () => {
      if (live) this.deliver(fire);
    });
    return () => {
      live = false;
    };
  }

  /**
   * Asks the broker; `done` is called once, with what `apply` answered or with `undefined` when that is not known. Without a
   * timeout it may never be called.
   */
  request<T>(
    apply: (answer: (result: T) => void) => void,
    timeoutMs: number | undefined,
    done: (result: T | undefined) => void,
  ): void {
    let open = true;
    const settle = (result: T | undefined) => {
      if (!open) return;
      open = false;
      cancel?.();
      done(result);
    };
    const cancel = timeoutMs === undefined ? undefined : this.setTimer(timeoutMs, () => settle(undefined));
    this.onRequest?.();
    const { link } = this;
    this.#send(link.losesRequests, () => {
      apply((result) => {
        this.#send(link.losesReplies || this.link.losesReplies, () => this.deliver(() => settle(result)));
      });
    });
  }

  /** Hears what somebody wrote, if the message arrives. */
  hear(listener: () => void): void {
    this.#send(this.link.losesHearsay, () => this.deliver(listener));
  }

  #send(lost: boolean, arrive: () => void): void {
    const delayMs = this.#delayMs(lost);
    if (delayMs === undefined) return;
    const connection = this.#connection;
    this.world.after(delayMs, () => {
      if (connection === this.#connection) arrive();
    });
  }

  #delayMs(lost: boolean): number | undefined {
    const { usualMs, slowMs, slowProbability, lossProbability } = this.delays;
    const { world } = this;
    if (lost || (lossProbability > 0 && world.chance(lossProbability))) return undefined;
    const slow = slowProbability > 0 && world.chance(slowProbability);
    return world.between(FASTEST_MS, slow ? slowMs : usualMs);
  }
}
