import { type Bucket, type Connection, createBucket, type FencedWriter, openFencedWriter } from "@fleet/bus";
import { aborted, type Clock, createDeferred, type Logger, messageOf, type Service, sleep } from "@fleet/runtime";
import { encodeRosterRecord, isPeelId, ROSTER_BUCKET, type RosterRecord } from "@fleet/wire";
import { presenceErrors } from "./errors.ts";
import type { PresenceView } from "./presence-view.ts";
import { difference, type RosterChange, unwritten } from "./roster-changes.ts";
import { createRosterJournal } from "./roster-journal.ts";
import { readRoster } from "./roster-records.ts";
import type { Transition } from "./transition.ts";

export interface RosterParts {
  readonly connection: Connection;
  readonly view: PresenceView & {
    restore(records: Iterable<readonly [string, RosterRecord]>): void;
    forget(id: string): void;
  };
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
  /** Takes a transition while this master writes. */
  #take: ((change: Transition) => void) | undefined;
  #writer: FencedWriter | undefined;

  constructor(parts: RosterParts) {
    this.#parts = parts;
    this.#bucket = createBucket(parts.connection, ROSTER_BUCKET);
    this.#journal = createRosterJournal(parts.clock);
  }

  get written(): number {
    return this.#written;
  }

  get isWriting(): boolean {
    return this.#writer?.state === "open";
  }

  async run(signal: AbortSignal): Promise<void> {
    const { view } = this.#parts;
    const hearing = this.#bucket.hear(({ key, operation }) => {
      if (operation !== "put" && isPeelId(key)) void this.#confirmForgotten(key, signal);
    });
    const stopListening = view.onTransition((transition) => {
      this.#journal.add(transition);
      this.#take?.(transition);
    });
    await aborted(signal);
    stopListening();
    hearing.close();
  }

  async write({ signal, term, isHeld }: RosterTerm): Promise<void> {
    const { connection, holder, logger, view, clock } = this.#parts;
    const startedMono = clock.monoMs();
    const writer = await openFencedWriter(connection, ROSTER_BUCKET, {
      term: (lastTerm) => Math.max(term, lastTerm + 1),
      holder,
      isHeld,
      signal,
    });
    // From here on nobody else writes: what is read now is what there is.
    const { byId, malformed } = await readRoster(this.#bucket, { timeoutMs: READ_TIMEOUT_MS, signal });
    if (malformed > 0) logger.warn("records of the roster could not be read; skipped", { records: malformed });
    view.restore(byId);

    const live: Transition[] = [];
    let wake = createDeferred();
    this.#take = (transition) => {
      live.push(transition);
      wake.resolve();
    };
    this.#writer = writer;
    const onAbort = () => wake.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const before = this.#written;
      // In one go, so that no transition comes twice: by way of the view as it is, and as a change of it.
      for (const change of this.#missing(byId)) void this.#record(writer, change);
      await writer.ready();
      logger.debug("roster opened", {
        term: writer.term,
        peels: byId.size,
        duration_ms: Math.round(clock.monoMs() - startedMono),
        behind: this.#written - before,
      });
      while (!signal.aborted && writer.state === "open") {
        for (const change of live.splice(0)) void this.#record(writer, change);
        await writer.ready();
        if (live.length > 0) continue;
        wake = createDeferred();
        await Promise.race([wake.promise, this.#failureOf(writer, signal)]);
      }
    } finally {
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
    this.#journal.settle(id);
    await this.#bucket.purge(id, { before: revision + 1 });
  }

  /** What the roster lacks: first what has happened to each peel in order, then what is different all the same. */
  #missing(records: ReadonlyMap<string, RosterRecord>): RosterChange[] {
    const { view, ttlMs } = this.#parts;
    const changes: RosterChange[] = [];
    const last = new Map<string, RosterChange>();
    for (const id of this.#journal.ids()) {
      for (const change of unwritten(this.#journal.of(id), records.get(id), { ttlMs })) {
        changes.push(change);
        last.set(id, change);
      }
    }
    for (const peel of view.peels()) {
      const change = last.get(peel.id);
      const known = change ? recordOf(change, 0) : records.get(peel.id);
      const missing = difference(peel, known);
      if (missing) changes.push(missing);
    }
    return changes;
  }

  async #record(writer: FencedWriter, change: RosterChange): Promise<void> {
    try {
      await writer.write(change.id, encodeRosterRecord(recordOf(change, writer.term)));
      this.#written += 1;
    } catch {
      // It ends the writer, which is looked at; the journal and the view still have it.
    }
  }

  /** Resolves when the writer has failed: it says so to nobody. */
  async #failureOf(writer: FencedWriter, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (writer.state === "open" && !signal.aborted) await sleep(clock, 1_000, signal);
  }

  async #confirmForgotten(id: string, signal: AbortSignal): Promise<void> {
    const { clock, view, logger } = this.#parts;
    await sleep(clock, MARKER_SETTLES_MS, signal);
    if (signal.aborted || this.#writer) return;
    try {
      const entry = await this.#bucket.get(id, { fromLeader: true });
      if (entry?.operation !== "put") view.forget(id);
    } catch (error) {
      logger.debug("forgotten peel not looked up", { id, error: messageOf(error) });
    }
  }
}

function recordOf(change: RosterChange, term: number): RosterRecord {
  const { state, reason, at, session, rival, version, protocol, mass } = change;
  return {
    state,
    reason,
    since: at,
    ...(session !== undefined && { session }),
    ...(rival !== undefined && { rival }),
    version,
    protocol,
    term,
    ...(mass && { mass }),
  };
}
