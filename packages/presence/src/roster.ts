import { type Bucket, type Connection, createBucket, type FencedWriter, openFencedWriter } from "@fleet/bus";
import { aborted, type Clock, createDeferred, type Logger, messageOf, type Service, sleep } from "@fleet/runtime";
import { encodeRosterRecord, isPeelId, type RosterRecord } from "@fleet/wire";
import { presenceErrors } from "./errors.ts";
import type { PresenceView } from "./presence-view.ts";
import { type RosterChange, recordOf } from "./roster-changes.ts";
import { datedRecords } from "./roster-dates.ts";
import { createRosterJournal } from "./roster-journal.ts";
import { readRoster } from "./roster-records.ts";
import { RosterTakeover } from "./roster-takeover.ts";
import type { Transition } from "./transition.ts";

export interface RosterParts {
  readonly connection: Connection;
  readonly view: PresenceView & {
    readonly restoredMono: number;
    restore(records: Iterable<readonly [string, RosterRecord]>): void;
    forget(id: string): void;
  };
  /** Name of its bucket. */
  readonly bucket: string;
  /** Who writes, for people who look at the bucket. */
  readonly holder: string;
  /** Age at which a beat no longer counts. */
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One term of writing, as a lease grants it. */
export interface RosterTerm {
  readonly signal: AbortSignal;
  readonly term: number;
  isHeld(): boolean;
}

/** The lasting record of every peel's transitions, written by one master at a time. */
export interface Roster extends Service {
  /** Transitions written since the beginning. */
  readonly written: number;
  /** Whether it is this master that writes at the moment. */
  readonly isWriting: boolean;
  /**
   * Brings the roster up to what the view says, and keeps it there. Ends when the signal aborts; rejects when the writing has
   * been interrupted, and is then to be called again.
   */
  write(term: RosterTerm): Promise<void>;
  /** Removes a peel from the roster. Rejects with `NOT_THE_WRITER` where another master writes it. */
  forget(id: string): Promise<void>;
}

const READ_TIMEOUT_MS = 60_000;
/** Time between two looks whether the view sees again. */
const LOOK_EVERY_MS = 50;
/** A marker is heard before it is stored. */
const MARKER_SETTLES_MS = 1_000;

/** Creates the roster's keeper. While it runs it remembers what the view tells, so that it can take over the writing. */
export function createRoster(parts: RosterParts): Roster {
  return new BucketRoster(parts);
}

class BucketRoster implements Roster {
  readonly name = "roster";
  readonly #parts: RosterParts;
  readonly #bucket: Bucket;
  readonly #journal: ReturnType<typeof createRosterJournal>;
  #written = 0;
  /** Since when the journal is kept. */
  #beganMono = Number.POSITIVE_INFINITY;
  /** Takes a transition while this master writes. */
  #take: ((change: Transition) => void) | undefined;
  #writer: FencedWriter | undefined;

  constructor(parts: RosterParts) {
    this.#parts = parts;
    this.#bucket = createBucket(parts.connection, parts.bucket);
    this.#journal = createRosterJournal(parts.clock);
  }

  get written(): number {
    return this.#written;
  }

  get isWriting(): boolean {
    return this.#writer?.state === "open";
  }

  async run(signal: AbortSignal): Promise<void> {
    const { view, clock } = this.#parts;
    const hearing = this.#bucket.hear(({ key, operation }) => {
      if (operation !== "put" && isPeelId(key)) void this.#confirmForgotten(key, signal);
    });
    this.#beganMono = clock.monoMs();
    const stopListening = view.onTransition((transition) => {
      this.#journal.add(transition);
      this.#take?.(transition);
    });
    await aborted(signal);
    stopListening();
    hearing.close();
  }

  async write({ signal, term, isHeld }: RosterTerm): Promise<void> {
    const { connection, holder, logger, view, clock, ttlMs } = this.#parts;
    const startedMono = clock.monoMs();
    const writer = await openFencedWriter(connection, this.#bucket.name, {
      term: (lastTerm) => Math.max(term, lastTerm + 1),
      holder,
      isHeld,
      signal,
    });
    // From here on nobody else writes: what is read now is what there is.
    const records = await readRoster(this.#bucket, { timeoutMs: READ_TIMEOUT_MS, signal });
    const { byId, malformed } = records;
    if (malformed > 0) logger.warn("records of the roster could not be read; skipped", { records: malformed });
    view.restore(byId);
    // What it hears while it is blind it has not told yet: that comes as transitions, not by way of the view as it is.
    while (view.blindness !== undefined && !signal.aborted) await sleep(clock, LOOK_EVERY_MS, signal);

    const nowAt = clock.wallMs();
    const beganMono = Math.max(this.#beganMono, view.restoredMono);
    const beganAt = nowAt - (clock.monoMs() - beganMono);
    const takeover = new RosterTakeover({ ttlMs, beganAt, nowAt });
    const live: RosterChange[] = [];
    let wake = createDeferred();
    this.#take = (transition) => {
      if (!takeover.isNew(transition)) return;
      live.push(transition);
      wake.resolve();
    };
    const ending = new AbortController();
    const end = async () => {
      await sleep(clock, ttlMs, ending.signal);
      while (view.blindness !== undefined && !ending.signal.aborted) await sleep(clock, LOOK_EVERY_MS, ending.signal);
      if (ending.signal.aborted) return;
      live.push(...takeover.end((id) => view.get(id)));
      wake.resolve();
    };
    void end();
    this.#writer = writer;
    const onAbort = () => wake.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const before = this.#written;
      // In one go, so that no transition comes twice: by way of the view as it is, and as a change of it.
      const changes = takeover.begin(
        { journal: this.#journal.entries(), peels: view.peels() },
        datedRecords(records, nowAt),
      );
      // The writer says to nobody that it has failed.
      void this.#watch(writer, signal, () => wake.resolve());
      await this.#recordAll(writer, changes, signal);
      logger.debug("roster opened", {
        term: writer.term,
        peels: byId.size,
        duration_ms: Math.round(clock.monoMs() - startedMono),
        behind: this.#written - before,
      });
      while (!signal.aborted && writer.state === "open") {
        wake = createDeferred();
        if (live.length === 0) await wake.promise;
        else await this.#recordAll(writer, live.splice(0), signal);
      }
    } finally {
      ending.abort();
      this.#take = undefined;
      this.#writer = undefined;
      signal.removeEventListener("abort", onAbort);
      await writer.drain();
    }
    if (writer.failure && !signal.aborted) throw writer.failure;
  }

  async forget(id: string): Promise<void> {
    const writer = this.#writer;
    if (!writer) throw presenceErrors.create("NOT_THE_WRITER", "this master does not write the roster");
    const revision = await writer.delete(id);
    this.#parts.view.forget(id);
    this.#journal.forget(id);
    await this.#bucket.purge(id, { before: revision + 1 });
  }

  /** Writes these in their order, as fast as the broker takes them. */
  async #recordAll(writer: FencedWriter, changes: readonly RosterChange[], signal: AbortSignal): Promise<void> {
    for (const change of changes) {
      await writer.ready();
      if (signal.aborted || writer.state !== "open") return;
      void this.#record(writer, change);
    }
  }

  async #record(writer: FencedWriter, change: RosterChange): Promise<void> {
    try {
      await writer.write(change.id, encodeRosterRecord(recordOf(change, writer.term)));
      this.#written += 1;
    } catch {
      // It ends the writer, which is looked at; the journal and the view still have it.
    }
  }

  /** Calls `onEnd` when the writer takes no more. */
  async #watch(writer: FencedWriter, signal: AbortSignal, onEnd: () => void): Promise<void> {
    const { clock } = this.#parts;
    while (writer.state === "open" && !signal.aborted) await sleep(clock, 1_000, signal);
    onEnd();
  }

  async #confirmForgotten(id: string, signal: AbortSignal): Promise<void> {
    const { clock, view, logger } = this.#parts;
    await sleep(clock, MARKER_SETTLES_MS, signal);
    if (signal.aborted || this.#writer) return;
    try {
      const entry = await this.#bucket.get(id, { fromLeader: true });
      if (entry?.operation === "put") return;
      view.forget(id);
      this.#journal.forget(id);
    } catch (error) {
      logger.debug("forgotten peel not looked up", { id, error: messageOf(error) });
    }
  }
}
