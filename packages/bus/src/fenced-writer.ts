import { type FleetError, invariant, isFleetError } from "@fleet/runtime";
import {
  bucketStream,
  bucketSubject,
  decodeTerm,
  encodeTerm,
  FENCE_KEY,
  FENCE_WINDOW,
  HEADER_KV_OPERATION,
  TERM_KEY,
} from "@fleet/wire";
import { assertKey } from "./bucket-key.ts";
import type { Connection } from "./connection.ts";
import { busErrors } from "./errors.ts";
import {
  API_TIMEOUT_MS,
  HEADER_EXPECTED_REVISION,
  HEADER_EXPECTED_SEQUENCE,
  publishAcknowledged,
} from "./jetstream-api.ts";
import { createBucket } from "./jetstream-bucket.ts";
import type { Headers } from "./message.ts";
import { readPublishOutcome } from "./publish-outcome.ts";
import { createWritePipeline, type WritePipelineState } from "./write-pipeline.ts";

export interface FencedWriterOptions {
  /**
   * Chooses the term of the new writer, given the last one there was, 0 for none. It must be greater: a lower one
   * belongs to somebody who has been deposed.
   */
  readonly term: (lastTerm: number) => number;
  /** Who writes, for people who look at the bucket. */
  readonly holder?: string;
  /**
   * Asked at the last moment before the term is written: a process can have been stopped since it read the bucket.
   * @default always held
   */
  readonly isHeld?: () => boolean;
  /**
   * Revision up to which the caller has read the bucket; it is not opened if more has been written since.
   * @default whatever is there
   */
  readonly expectedRevision?: number;
  /** Ends the writer when it aborts: what has not been sent is refused. */
  readonly signal?: AbortSignal;
  /** Longest time one request may take. @default 5000 */
  readonly timeoutMs?: number;
}

export interface FencedWriteOptions {
  readonly headers?: Headers;
}

/**
 * The one writer of a bucket. Every write expects the sequence of the one before it, so that the broker refuses it once
 * somebody else has written. The first failure ends the writer; read the bucket again and open another.
 *
 * What a write's promise says is true of that write, whatever became of others:
 * - resolved: it is stored, once, at this revision;
 * - `FENCED`: it is not stored and never will be. The message says whether this write met the obstacle or an earlier one;
 * - `TIMEOUT`, `NOT_CONNECTED`, `UNAVAILABLE`: whether it is stored is unknown. It is settled when the next writer is open;
 * - any other code: the broker refused it for the reason given.
 *
 * Of the writes on their way together with a refused one, some behind it can be stored: where one message of somebody else
 * takes the place of one write, the next one finds the sequence that it expects. So nothing may rest on two writes
 * being stored both or in order, save two to the same key. No such write is stored once the next writer is open.
 */
export interface FencedWriter {
  readonly bucket: string;
  readonly term: number;
  /** `failed`: it writes no more, for the reason in `failure`; `closed`: it was told to take no more. */
  readonly state: WritePipelineState;
  readonly failure: FleetError | undefined;
  /** Sequence of the last message that is known to be stored. */
  readonly lastRevision: number;
  /**
   * Writes a value. Writes are sent in the order of the calls, at most {@link FENCE_WINDOW} at once, and to one key
   * one at a time; those beyond wait. A rejection that nobody listens to is not reported: look at `failure` then.
   */
  write(key: string, value: Uint8Array, options?: FencedWriteOptions): Promise<number>;
  /** Writes a delete marker. `Bucket.purge(key, { before: revision + 1 })` then removes it and what it deletes. */
  delete(key: string, options?: FencedWriteOptions): Promise<number>;
  /** Resolves when there is room for another write without piling up, or when none can be made any more. */
  ready(): Promise<void>;
  /** Takes no more writes and resolves when each has its outcome, at the latest when their time is up. Never rejects. */
  drain(): Promise<void>;
}

const NOTHING = new Uint8Array();

/**
 * The term of the bucket's last writer, read from the stream's leader: what a lease must exceed (`lastTerm`). 0 if there has
 * been none, or there is no bucket: one that was lost has taken its terms with it.
 */
export async function readLastTerm(
  connection: Connection,
  bucket: string,
  options: { timeoutMs?: number } = {},
): Promise<number> {
  try {
    return (await readTerm(connection, bucket, options.timeoutMs ?? API_TIMEOUT_MS)).term;
  } catch (error) {
    if (isFleetError(error, "BUCKET_MISSING")) return 0;
    throw error;
  }
}

/**
 * Takes over the writing into a bucket. From the moment that it resolves, nothing that an earlier writer has sent or still
 * sends is stored, however late it arrives.
 *
 * First the term is written, expecting the sequence and the term that were read. That alone is not enough: of the writes
 * that the earlier writer has on their way, each expects the next sequence, so for every one that is refused because
 * something else took its place, one of those behind it finds the very sequence that it expects. So the bucket is then
 * moved on by empty messages, each behind the fence, beyond all that the earlier writer can have sent: {@link FENCE_WINDOW}
 * after its last.
 *
 * Rejects with `FENCED` if the chosen term is not greater than the last, or if somebody else writes at the same time; that
 * one is then interrupted, so that the next attempt finds the bucket quiet. With `BROKER_ERROR` if the term found cannot
 * be read, and as requests do. Before it tries again, a holder makes sure that it still is one.
 *
 * ```ts
 * const writer = await openFencedWriter(connection, "peel-presence", {
 *   term: (lastTerm) => Math.max(grant.term, lastTerm + 1),
 *   isHeld: () => grant.isHeld(),
 *   signal: grant.signal,
 * });
 * for (const change of await findChanges()) { // reads the bucket: nobody else writes now
 *   await writer.ready();
 *   void writer.write(change.peel, encodeTransition({ ...change, term: writer.term }));
 * }
 * await writer.drain();
 * if (writer.failure) logger.warn("roster not written", { error: writer.failure.message }); // renew, open again
 * ```
 */
export async function openFencedWriter(
  connection: Connection,
  bucket: string,
  options: FencedWriterOptions,
): Promise<FencedWriter> {
  const { signal, timeoutMs = API_TIMEOUT_MS } = options;
  signal?.throwIfAborted();
  // In this order: a term that is written in between has a sequence beyond the one read.
  const { lastRevision } = await createBucket(connection, bucket).state({ timeoutMs });
  const last = await readTerm(connection, bucket, timeoutMs);
  const term = options.term(last.term);
  invariant(Number.isSafeInteger(term) && term > 0, "a term is a whole number greater than 0");
  if (term <= last.term) {
    const by = last.holder === undefined ? "" : `, of ${last.holder}`;
    throw busErrors.create("FENCED", `${bucket}: the term ${term} is not greater than the last one, ${last.term}${by}`);
  }
  signal?.throwIfAborted();
  const { expectedRevision = lastRevision, holder, isHeld = () => true } = options;
  if (!isHeld()) throw busErrors.create("FENCED", `${bucket}: the term ${term} is over`);
  const parts: TakeOver = { connection, bucket, lastRevision: expectedRevision, last, term, holder, timeoutMs };
  return createWriter({ connection, bucket, term, lastRevision: await takeOver(parts), timeoutMs, signal });
}

interface LastTerm {
  readonly term: number;
  readonly holder: string | undefined;
  /** Of the record; 0 if there is none. */
  readonly revision: number;
}

async function readTerm(connection: Connection, bucket: string, timeoutMs: number): Promise<LastTerm> {
  const entry = await createBucket(connection, bucket).get(TERM_KEY, { fromLeader: true, timeoutMs });
  if (!entry) return { term: 0, holder: undefined, revision: 0 };
  if (entry.operation !== "put") return { term: 0, holder: undefined, revision: entry.revision };
  const decoded = decodeTerm(entry.value);
  if (!decoded.ok) {
    const message = `${bucket}.${TERM_KEY}: this is not a term (${decoded.reason}); delete the key to begin again`;
    throw busErrors.create("BROKER_ERROR", message);
  }
  return { term: decoded.value.term, holder: decoded.value.holder, revision: entry.revision };
}

interface TakeOver {
  readonly connection: Connection;
  readonly bucket: string;
  readonly lastRevision: number;
  readonly last: LastTerm;
  readonly term: number;
  readonly holder: string | undefined;
  readonly timeoutMs: number;
}

/** Writes the term and what follows it; resolves with the sequence that the first write of the new writer expects. */
async function takeOver(parts: TakeOver): Promise<number> {
  const { bucket, lastRevision, last, term, holder } = parts;
  const record = encodeTerm({ term, ...(holder !== undefined && { holder }) });
  // The second expectation is for a leader that is none any more and has answered with an old term.
  const headers = { ...expecting(lastRevision), [HEADER_EXPECTED_REVISION]: String(last.revision) };
  let yieldTo = term;
  try {
    await publish(parts, TERM_KEY, record, headers);
    yieldTo = term + 1;
    const end = lastRevision + FENCE_WINDOW;
    const filling: Promise<number>[] = [];
    for (let expected = lastRevision + 1; expected < end; expected += 1) {
      filling.push(publish(parts, FENCE_KEY, NOTHING, expecting(expected)));
    }
    await Promise.all(filling);
    return end;
  } catch (error) {
    if (!isFleetError(error, "REVISION_CONFLICT")) throw error;
    await interrupt(parts, yieldTo).catch(() => {});
    throw busErrors.create("FENCED", `${bucket}, term ${term}: not opened: ${error.message}`, error);
  }
}

/**
 * Takes a place in the bucket, whatever comes before it, so that whoever writes meets a refusal and ends: while it goes on, no
 * sequence that is read can still be the last when a term arrives. Not if its term is in the right by now.
 */
async function interrupt(parts: TakeOver, yieldTo: number): Promise<void> {
  const { term } = await readTerm(parts.connection, parts.bucket, parts.timeoutMs);
  if (term < yieldTo) await publish(parts, FENCE_KEY, NOTHING, {});
}

function publish(parts: TakeOver, key: string, value: Uint8Array, headers: Headers): Promise<number> {
  const { connection, bucket, timeoutMs } = parts;
  return publishAcknowledged(connection, bucketSubject(bucket, key), value, { timeoutMs, headers });
}

function expecting(sequence: number): Headers {
  return { [HEADER_EXPECTED_SEQUENCE]: String(sequence) };
}

interface WriterParts {
  readonly connection: Connection;
  readonly bucket: string;
  readonly term: number;
  readonly lastRevision: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

function createWriter({ connection, bucket, term, lastRevision, timeoutMs, signal }: WriterParts): FencedWriter {
  const inbox = connection.createInbox();
  const pipeline = createWritePipeline({
    clock: connection.clock,
    lastRevision,
    window: FENCE_WINDOW,
    timeoutMs,
    label: (key) => `${bucket}.${key}, term ${term}`,
    send: ({ key, value, headers }, revision) =>
      connection.publish(bucketSubject(bucket, key), value, {
        reply: `${inbox}.${revision}`,
        headers: { ...headers, ...expecting(revision - 1) },
      }),
    onEnd: () => {
      subscription.close();
      stopListening();
      signal?.removeEventListener("abort", onAbort);
    },
  });
  const subscription = connection.subscribe(`${inbox}.*`, (message) => {
    pipeline.receive(
      Number(message.subject.slice(inbox.length + 1)),
      readPublishOutcome(message, bucketStream(bucket)),
    );
  });
  const stopListening = connection.onState((state) => {
    if (state !== "connected") pipeline.lose(busErrors.create("NOT_CONNECTED", "the connection to NATS was lost"));
  });
  const onAbort = () =>
    pipeline.fail(busErrors.create("FENCED", `${bucket}, term ${term}: the writer was told to end`));
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  const write = (key: string, value: Uint8Array, headers: Headers) => {
    assertKey(key);
    invariant(!key.startsWith("_"), `${key}: keys that begin with _ are the fence's own`);
    return pipeline.write({ key, value, headers });
  };
  return {
    bucket,
    term,
    get state() {
      return pipeline.state;
    },
    get failure() {
      return pipeline.failure;
    },
    get lastRevision() {
      return pipeline.lastRevision;
    },
    write: (key, value, { headers = {} } = {}) => write(key, value, headers),
    delete: (key, { headers } = {}) => write(key, NOTHING, { ...headers, [HEADER_KV_OPERATION]: "DEL" }),
    ready: () => pipeline.ready(),
    drain: () => pipeline.drain(),
  };
}
