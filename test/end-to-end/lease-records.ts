import assert from "node:assert/strict";
import { type Connection, createBucket } from "@fleet/bus";
import { readLeaseRecord } from "@fleet/lease";
import { sleep, systemClock } from "@fleet/runtime";
import { eventually } from "@fleet/runtime/testing";
import { bucketStream, bucketSubject, decodeTerm, LEASE_BUCKET, ROSTER_BUCKET, TERM_KEY } from "@fleet/wire";
import { askJetStream } from "../integration/bus-session.ts";
import { PATIENCE } from "./fleet-command.ts";
import { assertOneAtATime, type Holding, holdingsOf } from "./lease-holdings.ts";
import type { MasterProcess } from "./master-process.ts";

export const LEASE = "publisher";

/** A lease as it lay in its bucket at some moment; times in ms since the epoch. */
export interface LeaseSample {
  readonly revision: number;
  readonly holder: string;
  readonly term: number | undefined;
  readonly acquiredAt: number | undefined;
}

/** Looks at a lease again and again. */
export interface LeaseWatch extends AsyncDisposable {
  /** What it looks with. */
  readonly connection: Connection;
  /** What was found, each revision once; delete markers left out. */
  readonly samples: readonly LeaseSample[];
}

const LOOK_EVERY_MS = 10;

export function watchLease(connection: Connection): LeaseWatch {
  const bucket = createBucket(connection, LEASE_BUCKET);
  const samples: LeaseSample[] = [];
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      // Nobody answers while a server is away.
      const entry = await bucket.get(LEASE, { fromLeader: true, timeoutMs: 500 }).catch(() => undefined);
      if (entry?.operation === "put" && entry.revision !== samples.at(-1)?.revision)
        samples.push(readLeaseRecord(entry));
      await sleep(systemClock, LOOK_EVERY_MS, stopping.signal);
    }
  })();
  return {
    connection,
    samples,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await watching;
    },
  };
}

/** Checks that the bucket says of each holding what its master's log says, and that nobody came in between. */
function assertSampled(samples: readonly LeaseSample[], holdings: readonly Holding[]): void {
  assertGrowing(samples.map(({ revision }) => revision));
  holdings.forEach(({ master, term, from }, index) => {
    const ofTerm = samples.filter((sample) => sample.term === term);
    assert.ok(ofTerm.length > 0, `term ${term} of ${master.id} is not in the bucket`);
    const [{ acquiredAt = Number.NaN }] = ofTerm as [LeaseSample];
    for (const sample of ofTerm) assert.deepEqual([sample.holder, sample.acquiredAt], [master.id, acquiredAt]);
    const freeSince = holdings[index - 1]?.until ?? 0;
    assert.ok(freeSince <= acquiredAt && acquiredAt <= from, `term ${term}: ${freeSince}, ${acquiredAt}, ${from}`);
  });
  const terms = samples.flatMap(({ term }) => term ?? []);
  assert.deepEqual(
    terms,
    terms.toSorted((left, right) => left - right),
  );
}

/** A term that the roster was opened for. */
export interface RosterTerm {
  readonly term: number;
  readonly holder: string | undefined;
}

interface MessageAnswer {
  readonly message?: { readonly seq: number; readonly data?: string };
}

/** All of them, oldest first. */
export async function readRosterTerms(connection: Connection): Promise<RosterTerm[]> {
  const terms: RosterTerm[] = [];
  const verb = `STREAM.MSG.GET.${bucketStream(ROSTER_BUCKET)}`;
  for (let seq = 1; ; ) {
    const request = { seq, next_by_subj: bucketSubject(ROSTER_BUCKET, TERM_KEY) };
    const { message } = await askJetStream<MessageAnswer>(connection, verb, request);
    if (!message) return terms;
    const record = decodeTerm(Buffer.from(message.data ?? "", "base64"));
    assert.ok(record.ok);
    terms.push({ term: record.value.term, holder: record.value.holder });
    seq = message.seq + 1;
  }
}

function assertGrowing(numbers: readonly number[]): void {
  numbers.forEach((number, index) => {
    const before = numbers[index - 1] ?? 0;
    assert.ok(number > before, `${number} came after ${before}`);
  });
}

/** Checks that each holder has opened the roster, under its own term or a greater one and before the next could. */
function assertOpened(opened: readonly RosterTerm[], holdings: readonly Holding[]): void {
  assertGrowing(opened.map(({ term }) => term));
  holdings.forEach(({ master, term }, index) => {
    const nextTerm = holdings[index + 1]?.term ?? Number.POSITIVE_INFINITY;
    const holders = opened.filter((record) => record.term >= term && record.term < nextTerm);
    assert.ok(holders.length > 0, `${master.id} has not opened the roster for term ${term}`);
    for (const { holder } of holders) assert.equal(holder, master.id, `term ${term}`);
  });
}

/**
 * Checks who held the lease when: by the masters' logs one at a time and under growing terms; and that the lease's bucket and
 * the roster say the same. Resolves to what was held.
 */
export async function assertRecorded(
  { connection, samples }: LeaseWatch,
  masters: readonly MasterProcess[],
): Promise<readonly Holding[]> {
  const holdings = holdingsOf(masters);
  assertOneAtATime(holdings);
  await eventually(async () => {
    assertSampled(samples, holdings);
    assertOpened(await readRosterTerms(connection), holdings);
  }, PATIENCE);
  return holdings;
}
