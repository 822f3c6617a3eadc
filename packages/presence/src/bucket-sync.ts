import type { BucketState } from "@fleet/bus";
import { createDeferred, messageOf, type Service, sleep, withDeadline } from "@fleet/runtime";
import { HEADER_SESSION } from "@fleet/wire";
import { decodeBeat, type HeartbeatListener } from "./heartbeat-listener.ts";
import type { LiveIndex } from "./live-index.ts";
import type { LiveViewParts } from "./live-view.ts";
import type { ResyncCause } from "./observer.ts";

export interface BucketSyncParts
  extends Pick<LiveViewParts, "bucket" | "connection" | "ttlMs" | "clock" | "random" | "logger" | "readRecords"> {
  readonly index: LiveIndex;
  readonly listener: HeartbeatListener;
  /** A delete marker was found. */
  readonly onGoodbye: (key: string, session: string | undefined) => void;
  /** A peel that has crashed was found: its key is there until the time given. */
  readonly onCrashed: (id: string, untilMono: number) => void;
  /** The bucket has been read. */
  readonly onRead: () => void;
}

/** Least time between two readings of the whole bucket. */
const SYNC_REST_MS = 2_000;
const RETRY_MS = 1_000;
const FLUSH_TIMEOUT_MS = 5_000;
const MIN_SYNC_TIMEOUT_MS = 30_000;

/** What the bucket said of itself, and how many writes had been heard by then. */
interface Comparison {
  readonly revision: number;
  readonly createdAt: number;
  readonly heard: number;
}

/** Keeps what is known in step with the bucket: reads it when there is a cause to, and compares what it says of itself. */
export class BucketSync implements Service {
  readonly name = "bucket-sync";
  /** Times that the bucket was read, by cause. */
  readonly resyncs: Map<ResyncCause, number> = new Map();
  readonly #parts: BucketSyncParts;
  #wanted: ResyncCause | undefined;
  #wake = () => {};
  #restoredMono = Number.POSITIVE_INFINITY;
  #isReading = false;
  #compared: [before?: Comparison | undefined, last?: Comparison] = [];

  constructor(parts: BucketSyncParts) {
    this.#parts = parts;
  }

  /** When what was told of peels before was first taken in; Infinity until then. */
  get restoredMono(): number {
    return this.#restoredMono;
  }

  /** Why the bucket is to be read next; `undefined` if it is not. */
  get wanted(): ResyncCause | undefined {
    return this.#wanted;
  }

  /** The bucket is to be read, unless it already is for another cause; it begins when woken. */
  want(cause: ResyncCause): void {
    this.#wanted ??= cause;
  }

  /** Looks what there is to do. */
  wake(): void {
    const { index } = this.#parts;
    const { unsynced } = index.observer;
    if (unsynced) {
      // What is being read now need not be read again for it.
      if (!this.#isReading) this.want(unsynced.cause);
    } else if (index.wantsReview()) this.want("loss");
    if (this.#wanted || index.observer.state.unansweredMono !== undefined) this.#wake();
  }

  /** Takes in what the bucket said of itself: that it was made anew, or that beats are stored and not heard. */
  compare(state: BucketState): void {
    const { createdAt, lastRevision: revision } = state;
    const { heard } = this.#parts.listener;
    const [before, last] = this.#compared;
    this.#parts.index.observer.answered();
    if (this.noteAnew(state)) return;
    this.#compared = [last, { revision, heard, createdAt }];
    if (before && last && last.revision > before.revision && heard === before.heard) {
      // What was stored between the two looks before this one has had all the time since to be heard.
      this.#compared = [];
      this.#parts.index.disturb("gap", "beats are stored and not heard");
    }
  }

  /** Whether this is another bucket than the last time: what the old one had says nothing any more. */
  noteAnew({ createdAt, lastRevision }: BucketState): boolean {
    const [, last] = this.#compared;
    if (!last || (createdAt === last.createdAt && lastRevision >= last.revision)) return false;
    this.#compared = [];
    this.#parts.index.disturb("bucket", "the heartbeat bucket was made anew");
    return true;
  }

  /** Reads the bucket whenever there is a cause to, one reading at a time. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, connection, logger, bucket } = this.#parts;
    while (!signal.aborted) {
      const cause = this.#wanted;
      let restMs = SYNC_REST_MS;
      if (connection.state === "connected" && cause) {
        this.#isReading = true;
        try {
          await this.#sync(cause, signal);
        } catch (error) {
          if (signal.aborted) return;
          this.#wanted ??= cause;
          restMs = RETRY_MS * (1 + this.#parts.random());
          logger.debug("heartbeat bucket not read; trying again", { cause, error: messageOf(error) });
        } finally {
          this.#isReading = false;
        }
        await sleep(clock, restMs, signal);
      } else if (connection.state === "connected" && this.#parts.index.observer.state.unansweredMono !== undefined) {
        await bucket.state({ timeoutMs: RETRY_MS }).then(
          () => this.#parts.index.observer.answered(),
          () => {},
        );
        await sleep(clock, RETRY_MS, signal);
      }
      if (!(this.#wanted && connection.state === "connected")) await this.#woken(signal);
    }
  }

  async #woken(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const woken = createDeferred();
    this.#wake = () => woken.resolve();
    signal.addEventListener("abort", this.#wake, { once: true });
    await woken.promise;
    signal.removeEventListener("abort", this.#wake);
    this.#wake = () => {};
  }

  /** One reading. What is heard from before its beginning is newer than what it finds. */
  async #sync(cause: ResyncCause, signal: AbortSignal): Promise<void> {
    const { clock, logger, ttlMs } = this.#parts;
    const { observer } = this.#parts.index;
    const { disturbance } = observer.state;
    const startedMono = clock.monoMs();
    this.#wanted = undefined;
    const timeoutMs = Math.max(MIN_SYNC_TIMEOUT_MS, ttlMs);
    const deadline = { clock, timeoutMs, what: "read the heartbeat bucket", signal };
    const found = await withDeadline(deadline, (within) => this.#read(cause, timeoutMs, within));
    this.resyncs.set(cause, (this.resyncs.get(cause) ?? 0) + 1);
    logger.info("heartbeat bucket read", { cause, ...found, duration_ms: Math.round(clock.monoMs() - startedMono) });
    observer.answered();
    if (cause === "loss") {
      // Another bucket than before agrees to every loss.
      this.noteAnew(await this.#parts.bucket.state({ timeoutMs: RETRY_MS }));
      this.#parts.index.reviewed(found.unheard);
    }
    // One that was disturbed meanwhile is read again.
    if (observer.state.disturbance === disturbance) observer.synced();
    this.#parts.onRead();
  }

  async #read(cause: ResyncCause, timeoutMs: number, signal: AbortSignal): Promise<{ keys: number; unheard: number }> {
    const { index, listener, bucket, clock, connection, ttlMs, readRecords, onGoodbye, onCrashed } = this.#parts;
    if (this.#restoredMono === Number.POSITIVE_INFINITY) {
      for (const [id, record] of (await readRecords?.(signal)) ?? []) index.restore(id, record);
      this.#restoredMono = clock.monoMs();
    }
    // A subscription that has missed beats is not to be trusted with more of them.
    if (cause === "gap") await listener.listen();
    await connection.flush(FLUSH_TIMEOUT_MS);
    const startedMono = clock.monoMs();
    const found = { keys: 0, unheard: 0 };
    await bucket.replay(
      ({ key, value, operation, storedAt, header }, { brokerNow }) => {
        found.keys += 1;
        if (operation !== "put") {
          onGoodbye(key, header(HEADER_SESSION));
          return;
        }
        const decoded = decodeBeat(key, value);
        const storedMono = startedMono - Math.max(0, brokerNow - storedAt);
        if (!decoded.ok) {
          listener.refuse(key, decoded.reason, value.length);
          return;
        }
        if (index.see(key, decoded.value, storedMono)) found.unheard += 1;
        // It crashed before this view began, and its key is there until the TTL.
        if (index.get(key)?.told === "offline") onCrashed(key, storedMono + ttlMs);
      },
      { timeoutMs, signal },
    );
    return found;
  }
}
