import assert from "node:assert/strict";
import { type Connection, createBucket, type FencedWriter, openFencedWriter, setUpBucket } from "@fleet/bus";
import { createDeferred, isFleetError } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import {
  bucketStream,
  bucketSubject,
  decodeTerm,
  FENCE_KEY,
  FENCE_WINDOW,
  HEADER_TERM,
  keyOfSubject,
  TERM_KEY,
} from "@fleet/wire";
import { askJetStream } from "./bus-session.ts";

const NOTHING = new Uint8Array();

/** Key of what somebody writes past the fence. */
export const INTRUDER = "intruder";

/** Makes a bucket that keeps every message ever stored, so that its whole history can be read. */
export async function setUpGuarded(connection: Connection, name: string, replicas = 1): Promise<void> {
  const setup = await setUpBucket(connection, { name, ttlMs: 0, history: 1_000_000, storage: "file" }, { replicas });
  assert.deepEqual(setup, { created: true, fixed: [], problems: [] });
}

/** Opens the next writer, as soon as that can be done. */
export function reopen(connection: Connection, bucket: string, timeoutMs = 2_000): Promise<FencedWriter> {
  return eventually(() => openFencedWriter(connection, bucket, { term: (last) => last + 1, timeoutMs }), {
    timeoutMs: 25_000,
  });
}

/** A write and what its promise said: the revision, or the error. */
export interface ToldWrite {
  readonly key: string;
  readonly term: number;
  outcome: number | "pending" | Error;
}

/** Keys that no other call gives: `web-0-0`, `web-0-1`, … */
export function freshKeys(count: number): string[] {
  batches += 1;
  return Array.from({ length: count }, (_, index) => `web-${batches}-${index}`);
}
let batches = 0;

/** Writes under these keys, each marked with the term; resolves with what was told when nothing is open. */
export async function writeAll(
  writer: FencedWriter,
  keys: readonly string[],
  onStored: (stored: number) => unknown = () => {},
): Promise<ToldWrite[]> {
  const told: ToldWrite[] = [];
  const outcomes: Promise<void>[] = [];
  let stored = 0;
  for (const key of keys) {
    await writer.ready();
    const write: ToldWrite = { key, term: writer.term, outcome: "pending" };
    told.push(write);
    const outcome = writer.write(key, NOTHING, { headers: { [HEADER_TERM]: String(writer.term) } });
    outcomes.push(
      outcome.then(
        (revision) => {
          write.outcome = revision;
          stored += 1;
          onStored(stored);
        },
        (error) => {
          write.outcome = error;
        },
      ),
    );
  }
  await Promise.all(outcomes);
  return told;
}

/** The same, and when so many of them are stored, or no more will be. */
export function startWriting(
  writer: FencedWriter,
  keys: readonly string[],
  underWayAt: number,
): { readonly underWay: Promise<unknown>; readonly told: Promise<ToldWrite[]> } {
  const reached = createDeferred();
  const told = writeAll(writer, keys, (stored) => stored === underWayAt && reached.resolve());
  return { underWay: Promise.race([reached.promise, told]), told };
}

export const isStored = ({ outcome }: ToldWrite): boolean => typeof outcome === "number";
export const isRefused = ({ outcome }: ToldWrite): boolean => isFleetError(outcome, "FENCED");
export const isUnknown = ({ outcome }: ToldWrite): boolean =>
  isFleetError(outcome, "TIMEOUT", "NOT_CONNECTED", "UNAVAILABLE");

/** A message of the bucket's stream. */
export interface HistoryEntry {
  readonly sequence: number;
  readonly key: string;
  /** Of a write: its mark; of a term record: what it holds. */
  readonly term: number | undefined;
}

/** Every message that was ever stored, in order. */
export async function readHistory(connection: Connection, bucket: string): Promise<HistoryEntry[]> {
  const { lastRevision } = await createBucket(connection, bucket).state();
  const history: HistoryEntry[] = [];
  for (let from = 1; from <= lastRevision; from += 200) {
    const batch = Array.from({ length: Math.min(200, lastRevision - from + 1) }, (_, index) =>
      readMessage(connection, bucket, from + index),
    );
    history.push(...(await Promise.all(batch)));
  }
  return history;
}

interface MessageAnswer {
  readonly message?: { readonly subject: string; readonly data?: string; readonly hdrs?: string };
}

async function readMessage(connection: Connection, bucket: string, sequence: number): Promise<HistoryEntry> {
  const verb = `STREAM.MSG.GET.${bucketStream(bucket)}`;
  const { message } = await askJetStream<MessageAnswer>(connection, verb, { seq: sequence });
  assert.ok(message, `${bucket}: there is no message ${sequence}`);
  const key = keyOfSubject(bucket, message.subject);
  assert.equal(message.subject, bucketSubject(bucket, key));
  if (key === TERM_KEY) {
    const record = decodeTerm(Buffer.from(message.data ?? "", "base64"));
    return { sequence, key, term: record.ok ? record.value.term : undefined };
  }
  const mark = new RegExp(`${HEADER_TERM}: (\\d+)`).exec(Buffer.from(message.hdrs ?? "", "base64").toString())?.[1];
  return { sequence, key, term: mark === undefined ? undefined : Number(mark) };
}

/**
 * Holds what writers were told against what is there; and that no term ever comes after a later one, and that nothing came in
 * between while those were opened that have written.
 */
export function assertTold(told: readonly ToldWrite[], history: readonly HistoryEntry[]): void {
  const places = new Map<string, number[]>();
  for (const { key, sequence } of history) places.set(key, [...(places.get(key) ?? []), sequence]);
  for (const write of told) {
    const at = places.get(write.key) ?? [];
    const said = `${write.key}, told ${write.outcome}, is at [${at}]`;
    if (typeof write.outcome === "number") assert.deepEqual(at, [write.outcome], said);
    else if (isRefused(write)) assert.deepEqual(at, [], said);
    else assert.ok(isUnknown(write) && at.length <= 1, said);
  }
  const openings = new Map<number | undefined, number>();
  history.forEach(({ key, term }, index) => {
    if (key === TERM_KEY) openings.set(term, index);
    if (key.startsWith("_") || key === INTRUDER) return;
    const opening = openings.get(term);
    assert.ok(opening !== undefined, `${key} is of the term ${term}, which has not begun`);
    const moves = history.slice(opening + 1, opening + FENCE_WINDOW);
    assert.ok(
      moves.length === FENCE_WINDOW - 1 && moves.every((entry) => entry.key === FENCE_KEY),
      `term ${term} was opened although something came in between`,
    );
  });
  const writes = history.filter(({ key }) => !key.startsWith("_") && key !== INTRUDER);
  assertRising(
    history.filter(({ key }) => key === TERM_KEY).map(({ term }) => term),
    "terms",
    1,
  );
  assertRising(
    writes.map(({ term }) => term),
    "terms of writes",
    0,
  );
}

function assertRising(numbers: readonly (number | undefined)[], what: string, step: number): void {
  numbers.forEach((number, index) => {
    const before = numbers[index - 1] ?? 0;
    assert.ok(number !== undefined && number >= before + step, `${what}: ${number} comes after ${before}`);
  });
}
