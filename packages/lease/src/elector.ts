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
import type { LeaseAnswer, LeaseEvent } from "./lease-event.ts";
import type { LeaseConfig } from "./lease-options.ts";
import { type EndReason, initialLeaseState, type LeaseState, mayWork } from "./lease-state.ts";
import type { LeaseEvents, LeaseStanding } from "./lease-status.ts";
import type { LeaseStore, LeaseWrite } from "./lease-store.ts";
import { observeLease } from "./observe-lease.ts";

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
  /**
   * Whether this candidate could do the work well at the moment. One that could not leaves a free lease to the others, until it
   * can or one TTL has passed. @default always
   */
  readonly isFit?: () => boolean;
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
  /** Ends the work, if it has the lease, and releases it; it takes part again at once, as one who is fit or not. */
  standBack(): void;
}

/** Creates a candidate: it executes what {@link decideLease} decides and tells `observeLease` what comes of it. */
export function createElector(parts: ElectorParts): Elector {
  return new LeaseElector(parts);
}

class LeaseElector implements Elector {
  readonly name: string;
  readonly #parts: ElectorParts;
  #state: LeaseState;
  #work: AbortController | undefined;
  #acquiredAt = 0;
  #renewedAt = 0;
  #wake = () => {};
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
    return this.#isHeldBySomebody() ? 0 : this.#parts.clock.monoMs() - this.#heldMono;
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

  standBack(): void {
    if (this.#state.hold) this.#observe({ kind: "unfit" });
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
      if (action.kind === "wait") await this.#wait(action.untilMono);
      else this.#begin(action);
    }
    hearing.close();
    signal.removeEventListener("abort", onStop);
  }

  #observe(event: LeaseEvent): void {
    const { clock, config, random, isFit = () => true } = this.#parts;
    const nowMono = clock.monoMs();
    this.#state = observeLease(this.#state, event, { nowMono, config, random, isFit: isFit() });
    if (this.#isHeldBySomebody()) this.#heldMono = nowMono;
    this.#wake();
  }

  #isHeldBySomebody(): boolean {
    const { key, hold } = this.#state;
    return hold ? hold.stage === "working" || hold.stage === "ending" : key.kind === "held";
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

  /** Returns at once: what comes of an operation is observed later, for work may have to end before. */
  #begin(action: Exclude<LeaseAction, { readonly kind: "wait" | "finish" }>): void {
    const { clock, config, store } = this.#parts;
    const timeoutMs = config.renewTimeoutMs;
    switch (action.kind) {
      case "read":
        this.#operate(async () => ({ kind: "read", found: await store.read(timeoutMs) }), "read-failed");
        return;
      case "acquire":
        this.#acquiredAt = clock.wallMs();
        this.#write("acquired", {
          expectedRevision: action.expectedRevision,
          expectedBucketRevision: action.expectedBucketRevision,
          timeoutMs,
        });
        return;
      case "renew":
        this.#write("renewed", { expectedRevision: action.expectedRevision, timeoutMs: action.timeoutMs });
        return;
      case "choose-term":
        this.#chooseTerm();
        return;
      case "release":
        this.#release(action.revision);
        return;
      case "start-work":
        this.#startWork(action.term);
        return;
      case "end-work":
        this.#endWork(action.reason);
        return;
    }
  }

  /** One request to the bucket, from its beginning to the observation of its outcome. */
  #operate(request: () => Promise<LeaseAnswer>, otherwise: "read-failed" | "unknown" | "released"): void {
    const { clock, logger, name, onError } = this.#parts;
    this.#observe({ kind: "begun" });
    request().then(
      (answer) => {
        this.#answeredMono = clock.monoMs();
        this.#error = undefined;
        this.#observe(answer);
      },
      (error: unknown) => {
        const refused = isFleetError(error, "REVISION_CONFLICT");
        // A refusal is an answer too.
        if (refused) this.#answeredMono = clock.monoMs();
        this.#error = refused ? undefined : messageOf(error);
        onError?.(error);
        logger.debug("lease operation failed", { key: name, error: messageOf(error) });
        this.#observe({ kind: refused ? "refused" : otherwise });
      },
    );
  }

  #write(outcome: "acquired" | "renewed", options: Omit<LeaseWrite, "term" | "acquiredAt">): void {
    const { clock, store, events } = this.#parts;
    const startedMono = clock.monoMs();
    const startedAt = clock.wallMs();
    const write = { ...options, term: this.#state.hold?.term, acquiredAt: this.#acquiredAt };
    this.#operate(async () => {
      try {
        const revision = await store.write(write);
        this.#renewedAt = startedAt;
        return { kind: outcome, revision };
      } finally {
        if (outcome === "renewed") events?.onRenew?.(clock.monoMs() - startedMono);
      }
    }, "unknown");
  }

  #release(revision: number): void {
    const { store, config, logger, name, holder } = this.#parts;
    this.#operate(async () => {
      await store.release(revision, config.renewTimeoutMs);
      logger.info("leader lease released", { key: name, holder });
      return { kind: "released" };
    }, "released");
  }

  #chooseTerm(): void {
    const { clock, config, logger, name, lastTerm = async () => 0, onError } = this.#parts;
    const deadline = { clock, timeoutMs: config.renewTimeoutMs, what: "find the last term" };
    this.#observe({ kind: "begun" });
    withDeadline(deadline, lastTerm).then(
      (found) => this.#observe({ kind: "last-term", lastTerm: found }),
      (error: unknown) => {
        onError?.(error);
        logger.debug("last term of the lease not found", { key: name, error: messageOf(error) });
        this.#observe({ kind: "last-term-failed" });
      },
    );
  }

  #startWork(term: number): void {
    const { name, holder, clock, config, logger, events, work } = this.#parts;
    const controller = new AbortController();
    const { signal } = controller;
    const isHeld = () => !signal.aborted && mayWork(this.#state, clock.monoMs(), config.renewDeadlineMs);
    this.#work = controller;
    this.#observe({ kind: "work-started" });
    logger.info("leader lease acquired", { key: name, holder, term });
    events?.onAcquired?.(term);
    // In an async function, so that work which throws at once ends like work which rejects.
    (async () => work({ signal, term, isHeld }))()
      .catch((error: unknown) => {
        if (!signal.aborted) logger.error("work under the lease failed", { key: name, error: messageOf(error) });
      })
      .then(() => {
        this.#abortWork("stepped-down");
        this.#observe({ kind: "work-ended" });
      });
  }

  #endWork(reason: EndReason): void {
    this.#observe({ kind: "work-ending", reason });
    this.#abortWork(reason);
  }

  #abortWork(reason: EndReason): void {
    const { name, holder, logger, events } = this.#parts;
    const term = this.#state.hold?.term;
    const work = this.#work;
    this.#work = undefined;
    if (reason === "no-term") logger.warn("leader lease given up", { key: name, holder, error: ENDED_BECAUSE[reason] });
    if (!work || term === undefined) return;
    if (reason === "stopped" || reason === "stepped-down" || reason === "unfit") {
      logger.info("leader lease ending", { key: name, holder, reason });
    } else {
      logger.warn("leader lease lost", { key: name, holder, error: ENDED_BECAUSE[reason] });
    }
    events?.onEnded?.(reason, term);
    work.abort();
  }
}

const ENDED_BECAUSE: Readonly<Record<Exclude<EndReason, "stopped" | "stepped-down" | "unfit">, string>> = {
  "no-term": "the greatest term used so far could not be found",
  deadline: "no renew succeeded before the deadline",
  taken: "another candidate holds it",
  gone: "its key is gone",
};
