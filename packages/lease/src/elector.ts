import {
  type Clock,
  createDeferred,
  isFleetError,
  type Logger,
  messageOf,
  type Service,
  withDeadline,
} from "@fleet/runtime";
import { decideLease, type LeaseAction } from "./decide-lease.ts";
import type { LeaseConfig } from "./lease-options.ts";
import { type EndReason, initialLeaseState, type LeaseState, mayWork } from "./lease-state.ts";
import type { LeaseEvents, LeaseStanding } from "./lease-status.ts";
import type { LeaseStore } from "./lease-store.ts";
import { type LeaseEvent, observeLease } from "./observe-lease.ts";

/** What work under a lease is given. */
export interface LeaseGrant {
  /** Aborts when the lease is lost, stepped down from, or not renewed in time. */
  readonly signal: AbortSignal;
  /** The fencing token: greater than any used before. */
  readonly term: number;
  /**
   * Whether the lease is held at this very moment by this process's clock. After a pause of the process it says no
   * before the signal has had its turn to abort: ask before anything that cannot be undone.
   */
  isHeld(): boolean;
}

export interface ElectorParts {
  /** Name of the lease. */
  readonly name: string;
  /** Id of this candidate. */
  readonly holder: string;
  readonly store: LeaseStore;
  readonly config: LeaseConfig;
  /**
   * What the holder does; it must end when the signal aborts, and the lease is kept until it has. If it ends by itself the
   * lease is released, and this candidate stays out for one TTL.
   */
  readonly work: (grant: LeaseGrant) => Promise<void>;
  /** The greatest term that what the lease guards has seen; the bucket alone forgets it when it is lost. @default 0 */
  readonly lastTerm?: (signal: AbortSignal) => Promise<number>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly events?: LeaseEvents;
  /** Told of every operation that failed; it is tried again. */
  readonly onError?: (error: unknown) => void;
}

/** A candidate for a lease. */
export interface Elector extends Service {
  readonly standing: LeaseStanding;
  /** Time since somebody was last known to hold the lease, in ms; 0 while it is held. */
  readonly unheldMs: number;
  /** Time since the bucket last answered, in ms, and what it failed with since; `undefined` while it answers. */
  readonly trouble: { readonly forMs: number; readonly error: string } | undefined;
  /** Ends the work, releases the lease and stays out for one TTL; `false` if it does not hold it. */
  stepDown(): boolean;
}

const READ_TIMEOUT_MS = 1_500;

/** Creates a candidate: it executes what {@link decideLease} decides, one step at a time, and reports what comes of it. */
export function createElector(parts: ElectorParts): Elector {
  return new LeaseElector(parts);
}

interface Term {
  readonly controller: AbortController;
  readonly term: number;
  readonly ended: Promise<void>;
}

class LeaseElector implements Elector {
  readonly name: string;
  readonly #parts: ElectorParts;
  #state: LeaseState;
  #work: Term | undefined;
  #acquiredAt = 0;
  #renewedAt = 0;
  #wake = () => {};
  #cancelDeadline = () => {};
  #heldMono: number;
  #answeredMono: number;
  #error: string | undefined;

  constructor(parts: ElectorParts) {
    this.#parts = parts;
    this.name = `lease-${parts.name}`;
    this.#heldMono = parts.clock.monoMs();
    this.#answeredMono = this.#heldMono;
    this.#state = initialLeaseState(this.#heldMono);
  }

  get standing(): LeaseStanding {
    const { key, hold } = this.#state;
    if (hold?.stage === "working" && hold.term !== undefined) {
      return { role: "holder", term: hold.term, since: this.#acquiredAt, renewedAt: this.#renewedAt };
    }
    const record = key.kind === "held" ? key.record : undefined;
    return { role: "standby", holder: record?.holder, since: record?.acquiredAt };
  }

  get unheldMs(): number {
    const { key, hold } = this.#state;
    return hold || key.kind === "held" ? 0 : this.#parts.clock.monoMs() - this.#heldMono;
  }

  get trouble(): { forMs: number; error: string } | undefined {
    if (this.#error === undefined) return undefined;
    return { forMs: this.#parts.clock.monoMs() - this.#answeredMono, error: this.#error };
  }

  stepDown(): boolean {
    if (!this.#state.hold) return false;
    this.#observe({ kind: "step-down" });
    return true;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, config, store, logger, name } = this.#parts;
    logger.info(`${name} lease candidate started; standing by until acquired`, { key: name });
    const onStop = () => this.#observe({ kind: "stop" });
    if (signal.aborted) onStop();
    else signal.addEventListener("abort", onStop, { once: true });
    const hearing = store.hear((write) => this.#observe({ kind: "heard", ...write }));
    for (;;) {
      const action = decideLease(this.#state, clock.monoMs(), config);
      if (action.kind === "finish") break;
      await this.#perform(action);
    }
    hearing.close();
    this.#cancelDeadline();
    signal.removeEventListener("abort", onStop);
  }

  #observe(event: LeaseEvent): void {
    const { clock, config, random } = this.#parts;
    const nowMono = clock.monoMs();
    this.#state = observeLease(this.#state, event, { nowMono, config, random });
    if (this.#state.hold || this.#state.key.kind === "held") this.#heldMono = nowMono;
    this.#wake();
  }

  async #perform(action: Exclude<LeaseAction, { kind: "finish" }>): Promise<void> {
    switch (action.kind) {
      case "wait":
        return this.#wait(action.untilMono);
      case "read":
        return this.#read();
      case "acquire":
        this.#acquiredAt = this.#parts.clock.wallMs();
        return this.#write("acquired", action.expectedRevision, this.#parts.config.renewTimeoutMs);
      case "renew":
        return this.#write("renewed", action.expectedRevision, action.timeoutMs);
      case "choose-term":
        return this.#chooseTerm();
      case "end-work":
        return this.#endWork(action.reason);
      case "release":
        return this.#release(action.revision);
    }
  }

  /** Sleeps until the time given or until something is observed. */
  async #wait(untilMono: number): Promise<void> {
    const { clock } = this.#parts;
    const woken = createDeferred();
    this.#wake = () => woken.resolve();
    const cancel = Number.isFinite(untilMono) ? clock.setTimer(untilMono - clock.monoMs(), this.#wake) : () => {};
    await woken.promise;
    cancel();
    this.#wake = () => {};
  }

  async #read(): Promise<void> {
    try {
      const found = await this.#parts.store.read(READ_TIMEOUT_MS);
      this.#answered();
      this.#observe({ kind: "read", found });
    } catch (error) {
      this.#failed(error);
      this.#observe({ kind: "read-failed" });
    }
  }

  async #write(outcome: "acquired" | "renewed", expectedRevision: number, timeoutMs: number): Promise<void> {
    const { clock, store, events } = this.#parts;
    const startedMono = clock.monoMs();
    const wallAt = clock.wallMs();
    const term = this.#state.hold?.term;
    try {
      const revision = await store.write({ expectedRevision, term, acquiredAt: this.#acquiredAt, timeoutMs });
      this.#answered();
      this.#renewedAt = wallAt;
      this.#observe({ kind: outcome, revision, startedMono });
      this.#followTerm();
    } catch (error) {
      this.#failed(error);
      this.#observe({ kind: isFleetError(error, "REVISION_CONFLICT") ? "refused" : "unknown" });
    }
    events?.onRenew?.(clock.monoMs() - startedMono);
  }

  async #chooseTerm(): Promise<void> {
    const { clock, lastTerm = async () => 0 } = this.#parts;
    try {
      const options = { clock, timeoutMs: READ_TIMEOUT_MS, what: "find the last term" };
      this.#observe({ kind: "last-term", lastTerm: await withDeadline(options, lastTerm) });
    } catch (error) {
      this.#failed(error);
      this.#observe({ kind: "last-term-failed" });
    }
  }

  /** After a good write: starts the work once the term is confirmed, and moves the deadline on. */
  #followTerm(): void {
    const { hold } = this.#state;
    if (hold?.stage !== "working" || hold.term === undefined) return;
    if (!this.#work) this.#startWork(hold.term);
    const { clock, config } = this.#parts;
    this.#cancelDeadline();
    const leftMs = hold.goodMono + config.renewDeadlineMs - clock.monoMs();
    // The step under way may be a renew that hangs: the work ends in time whatever becomes of it.
    this.#cancelDeadline = clock.setTimer(leftMs, () => this.#endWorkNow("deadline"));
  }

  #startWork(term: number): void {
    const { name, holder, clock, config, logger, events, work } = this.#parts;
    const controller = new AbortController();
    const isHeld = () => !controller.signal.aborted && mayWork(this.#state, clock.monoMs(), config.renewDeadlineMs);
    logger.info("leader lease acquired", { key: name, holder, term });
    events?.onAcquired?.(term);
    const ended = Promise.resolve()
      .then(() => work({ signal: controller.signal, term, isHeld }))
      .catch((error: unknown) => {
        if (!controller.signal.aborted)
          logger.error("work under the lease failed", { key: name, error: messageOf(error) });
      })
      .then(() => {
        if (this.#state.hold?.stage === "working") {
          this.#observe({ kind: "step-down" });
          this.#endWorkNow("stepped-down");
        }
        this.#work = undefined;
        this.#observe({ kind: "work-ended" });
      });
    this.#work = { controller, term, ended };
  }

  async #endWork(reason: EndReason): Promise<void> {
    this.#endWorkNow(reason);
    if (!this.#work) this.#observe({ kind: "work-ended" });
  }

  #endWorkNow(reason: EndReason): void {
    const { name, holder, logger, events } = this.#parts;
    this.#observe({ kind: "work-ending", reason });
    this.#cancelDeadline();
    if (!this.#work) return;
    const { controller, term } = this.#work;
    if (reason === "stopped" || reason === "stepped-down")
      logger.info("leader lease ending", { key: name, holder, reason });
    else logger.warn("leader lease lost", { key: name, holder, error: LOST_BECAUSE[reason] });
    events?.onEnded?.(reason, term);
    controller.abort();
  }

  async #release(revision: number): Promise<void> {
    const { name, holder, store, logger } = this.#parts;
    try {
      await store.release(revision, READ_TIMEOUT_MS);
      logger.info("leader lease released", { key: name, holder });
    } catch (error) {
      logger.debug("leader lease not released; it will expire", { key: name, holder, error: messageOf(error) });
    }
    this.#observe({ kind: "released" });
  }

  #answered(): void {
    this.#answeredMono = this.#parts.clock.monoMs();
    this.#error = undefined;
  }

  #failed(error: unknown): void {
    this.#error = messageOf(error);
    this.#parts.onError?.(error);
    this.#parts.logger.debug("lease operation failed", { key: this.#parts.name, error: this.#error });
  }
}

const LOST_BECAUSE: Readonly<Record<"deadline" | "taken" | "gone", string>> = {
  deadline: "no renew succeeded before the deadline",
  taken: "another candidate holds it",
  gone: "its key is gone",
};
