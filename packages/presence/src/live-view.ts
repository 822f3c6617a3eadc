import type { Bucket, BucketState, Connection } from "@fleet/bus";
import { type Clock, type Logger, sleep, withDeadline } from "@fleet/runtime";
import type { RosterRecord } from "@fleet/wire";
import { type BucketLookups, createBucketLookups } from "./bucket-lookups.ts";
import { BucketSync } from "./bucket-sync.ts";
import { createHeartbeatListener, type HeartbeatListener } from "./heartbeat-listener.ts";
import { listEntries } from "./listed-entry.ts";
import { LiveIndex } from "./live-index.ts";
import { LivePresence } from "./live-presence.ts";
import type { ObserverState, ResyncCause } from "./observer.ts";
import type { PeelEntry } from "./peel-entry.ts";
import type { ListedPresence, PeelPresence, PresenceView } from "./presence-view.ts";
import type { Prober } from "./prober.ts";
import type { PeelState, Transition } from "./transition.ts";
import { createTransitionFeed } from "./transition-feed.ts";

export interface LiveViewParts {
  /** The heartbeat bucket. */
  readonly bucket: Bucket;
  readonly connection: Pick<Connection, "state" | "onState" | "flush">;
  /** Asks late peels whether they are there; without it a crash is told when its last beat expires. */
  readonly prober?: Pick<Prober, "probe">;
  /** Age at which a beat no longer counts: the bucket's TTL. */
  readonly ttlMs: number;
  /** Time between two beats of most peels. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** A delete marker was heard or found; whoever sees to it removes it. */
  readonly onMarker?: (key: string) => void;
  /** Reads what was told of peels before; nothing is told until that is known. */
  readonly readRecords?: (signal: AbortSignal) => Promise<Iterable<readonly [id: string, record: RosterRecord]>>;
}

/** A view fed by the heartbeat bucket. */
export interface LiveView extends PresenceView {
  /** How many connected peels have each version of the agent. */
  readonly versions: ReadonlyMap<string, number>;
  /** Beats heard since the beginning. */
  readonly beatsHeard: number;
  readonly listener: Pick<HeartbeatListener, "malformed" | "malformedKeys">;
  /** Times that the bucket was read, by cause. */
  readonly resyncs: ReadonlyMap<ResyncCause, number>;
  /** When what was told of peels before was first taken in, by the monotonic clock in ms; Infinity until then. */
  readonly restoredMono: number;
  /** What was told of peels before: they are told again only where something has changed. */
  restore(records: Iterable<readonly [id: string, record: RosterRecord]>): void;
  /** The broker says that the connection of this session has ended. */
  connectionEnded(id: string, session: string): void;
  /** Takes in what the bucket said of itself: a bucket that was made anew, or beats that are stored and not heard. */
  compare(state: BucketState): void;
  /** Reads the bucket. */
  resync(cause: ResyncCause): void;
  /** Calls `onDisturbance` when something has happened after which nothing heard before counts. The function returned ends that. */
  onDisturbance(onDisturbance: (cause: ResyncCause) => void): () => void;
  /** Drops what is known of a peel. */
  forget(id: string): void;
  /** Calls `onSkew` with the clock of a peel less ours, in ms, for one beat in {@link SKEW_EVERY}. */
  sampleClockSkew(onSkew: (skewMs: number) => void): void;
}

/** Beats of which the clock of one is told. */
export const SKEW_EVERY = 16;
/** A timer this late means that the process was stopped, or its event loop blocked. */
const STALL_MS = 1_000;
const TICK_MS = 250;
const PROBE_TIMEOUT_MS = 2_000;
const FLUSH_TIMEOUT_MS = 5_000;

/** Creates a view: it hears every beat, reads the bucket when it has to, and judges. */
export function createLiveView(parts: LiveViewParts): LiveView {
  return new BucketView(parts);
}

class BucketView implements LiveView {
  readonly name = "presence-view";
  readonly listener: HeartbeatListener;
  readonly #parts: LiveViewParts;
  readonly #index: LiveIndex;
  readonly #lookups: BucketLookups;
  readonly #sync: BucketSync;
  readonly #feed = createTransitionFeed();
  readonly #lingering = new Map<string, number>();
  /** The ways to call off what is planned: a listener on the signal for each would be too many. */
  readonly #plannedProbes = new Set<() => void>();
  #signal: AbortSignal | undefined;
  #wasBlind = true;
  #onSkew: (skewMs: number) => void = () => {};
  readonly #onDisturbance = new Set<(cause: ResyncCause) => void>();
  #toldDisturbance: ObserverState["disturbance"];

  constructor(parts: LiveViewParts) {
    const { bucket, clock, logger, ttlMs, intervalMs } = parts;
    this.#parts = parts;
    this.#index = new LiveIndex({
      clock,
      ttlMs,
      intervalMs,
      onTransition: (transition) => this.#told(transition),
      onProbe: (id, delayMs) => this.#probeIn(id, delayMs),
      onLookup: (id) => this.#lookups.ask(id),
    });
    this.#lookups = createBucketLookups({
      bucket,
      clock,
      logger,
      find: (id) => this.#index.get(id),
      onFound: (id, finding) => this.#index.lookedUp(id, finding),
      onLost: (state) => this.#sync.noteAnew(state),
    });
    this.listener = createHeartbeatListener({
      bucket,
      clock,
      logger,
      find: (id) => this.#index.get(id),
      onBeat: (id, beat, known) => {
        this.#index.hear(id, beat, known);
        const skewMs = known?.clockSkewMs;
        if (skewMs !== undefined && this.#index.heard % SKEW_EVERY === 0) this.#onSkew(skewMs);
      },
      onGoodbye: (key, session) => this.#goodbye(key, session),
    });
    this.#sync = new BucketSync({
      ...parts,
      index: this.#index,
      listener: this.listener,
      onGoodbye: (key, session) => this.#goodbye(key, session),
      onCrashed: (id, untilMono) => this.#lingering.set(id, untilMono),
      onRead: () => this.#tick(),
    });
  }

  get blindness(): string | undefined {
    return this.#index.blindness;
  }

  get counts(): Readonly<Record<PeelState, number>> {
    return this.#index.counts;
  }

  get versions(): ReadonlyMap<string, number> {
    return this.#index.versions;
  }

  get beatsHeard(): number {
    return this.#index.heard;
  }

  get resyncs(): ReadonlyMap<ResyncCause, number> {
    return this.#sync.resyncs;
  }

  get restoredMono(): number {
    return this.#sync.restoredMono;
  }

  get lingering(): number {
    const nowMono = this.#parts.clock.monoMs();
    for (const [id, untilMono] of this.#lingering) if (nowMono >= untilMono) this.#lingering.delete(id);
    return this.#lingering.size;
  }

  get(id: string): PeelPresence | undefined {
    const entry = this.#index.get(id);
    return entry?.state && this.#present(entry);
  }

  *peels(): IterableIterator<PeelPresence> {
    for (const entry of this.#index.entries()) if (entry.state) yield this.#present(entry);
  }

  listed(): IterableIterator<ListedPresence> {
    return listEntries(this.#index.entries(), this.#parts.clock.monoMs());
  }

  onTransition(onTransition: (transition: Transition) => void): () => void {
    return this.#feed.listen(onTransition);
  }

  transitions(signal: AbortSignal): AsyncIterableIterator<Transition> {
    return this.#feed.read(signal);
  }

  onDisturbance(onDisturbance: (cause: ResyncCause) => void): () => void {
    this.#onDisturbance.add(onDisturbance);
    return () => this.#onDisturbance.delete(onDisturbance);
  }

  restore(records: Iterable<readonly [string, RosterRecord]>): void {
    for (const [id, record] of records) this.#index.restore(id, record);
  }

  connectionEnded(id: string, session: string): void {
    this.#index.connectionEnded(id, session);
  }

  compare(state: BucketState): void {
    this.#sync.compare(state);
    this.#tick();
  }

  resync(cause: ResyncCause): void {
    this.#sync.want(cause);
    this.#sync.wake();
  }

  forget(id: string): void {
    this.#index.forget(id);
    this.#lingering.delete(id);
  }

  sampleClockSkew(onSkew: (skewMs: number) => void): void {
    this.#onSkew = onSkew;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { connection } = this.#parts;
    const { observer } = this.#index;
    this.#signal = signal;
    const stopListening = connection.onState((state) => {
      if (state === "connected") {
        // Whatever it was before, nothing heard on another connection counts.
        this.#index.disturb(this.#sync.wanted === "start" ? "start" : "reconnect", "connected to NATS a moment ago");
        observer.connected();
      } else observer.disconnected();
      this.#tick();
    });
    this.#sync.want("start");
    this.#index.disturb("start", "started a moment ago");
    if (connection.state === "connected") observer.connected();
    // Without a connection nobody knows of it yet: every reading begins with a flush.
    this.listener.listen().catch(() => {});
    try {
      await Promise.all([this.#keepTime(signal), this.#sync.run(signal)]);
    } finally {
      stopListening();
      this.listener.close();
      this.#lookups.close();
      for (const cancel of this.#plannedProbes) cancel();
    }
  }

  /** Lets time pass in the index: when something is due, and a few times a second. */
  async #keepTime(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      const startedMono = clock.monoMs();
      const delayMs = Math.min(TICK_MS, Math.max(0, this.#index.nextMono - startedMono));
      await sleep(clock, delayMs, signal);
      if (signal.aborted) return;
      if (clock.monoMs() - startedMono - delayMs > STALL_MS) await this.#catchUp(signal);
      this.#tick();
    }
  }

  #tick(): void {
    const { logger } = this.#parts;
    const { observer } = this.#index;
    this.#index.advance();
    const { disturbance } = observer.state;
    if (disturbance && disturbance !== this.#toldDisturbance) {
      this.#toldDisturbance = disturbance;
      for (const onDisturbance of this.#onDisturbance) onDisturbance(disturbance.cause);
    }
    this.#sync.wake();
    const { blindness } = this.#index;
    const isBlind = blindness !== undefined;
    if (isBlind !== this.#wasBlind) {
      if (blindness !== undefined) logger.info("presence not certain; verdicts held back", { reason: blindness });
      else logger.info("presence certain", { ...this.#index.counts });
      this.#wasBlind = isBlind;
    }
  }

  /** After a pause, what was sent to us meanwhile comes before anything is judged. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    const { clock, connection } = this.#parts;
    this.#index.observer.stalled();
    const deadline = { clock, timeoutMs: FLUSH_TIMEOUT_MS, what: "catch up", signal };
    await withDeadline(deadline, () => connection.flush(FLUSH_TIMEOUT_MS)).catch(() => {});
    this.#index.observer.caughtUp();
  }

  #goodbye(key: string, session: string | undefined): void {
    this.#index.goodbye(key, session);
    this.#parts.onMarker?.(key);
  }

  /** Probes a peel in a while, unless it beats before: that says more than any probe. */
  #probeIn(id: string, delayMs: number): void {
    const heardMono = this.#index.get(id)?.heardMono;
    const isOverdue = () => this.#index.get(id)?.heardMono === heardMono;
    const start = () => {
      this.#plannedProbes.delete(cancel);
      if (isOverdue()) void this.#probe(id, isOverdue);
    };
    const cancel = this.#parts.clock.setTimer(delayMs, start);
    this.#plannedProbes.add(cancel);
  }

  async #probe(id: string, isOverdue: () => boolean): Promise<void> {
    const { prober } = this.#parts;
    const signal = this.#signal;
    if (!prober || !signal || signal.aborted) return;
    const { kind } = await prober.probe(id, { timeoutMs: PROBE_TIMEOUT_MS, signal });
    if (signal.aborted || !isOverdue()) return;
    this.#index.probed(id, kind === "no-responders" ? "gone" : kind === "answered" ? "answered" : "nothing");
  }

  #told(transition: Transition): void {
    const { ttlMs } = this.#parts;
    const { id, state, reason } = transition;
    const entry = this.#index.get(id);
    // A crashed peel's key stays until its TTL; a goodbye's marker is looked after, and an expired key is gone.
    if (state === "offline" && reason === "crashed" && entry) this.#lingering.set(id, entry.heardMono + ttlMs);
    else this.#lingering.delete(id);
    this.#feed.publish(transition);
  }

  #present(entry: PeelEntry): PeelPresence {
    const { clock, ttlMs } = this.#parts;
    return new LivePresence(entry, clock.monoMs(), ttlMs);
  }
}
