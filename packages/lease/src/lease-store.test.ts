import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bucket } from "@fleet/bus";
import { createMemoryBucket } from "@fleet/bus/testing";
import { isFleetError } from "@fleet/runtime";
import { createFakeClock } from "@fleet/runtime/testing";
import { HEADER_TERM, LEASE_BUCKET } from "@fleet/wire";
import { createLeaseStore } from "./lease-store.ts";

const ACQUIRED_AT = Date.UTC(2026, 0, 1);
const TIMEOUT_MS = 1_000;

function scene() {
  const clock = createFakeClock();
  const bucket = createMemoryBucket({ name: LEASE_BUCKET, clock, ttlMs: 15_000 });
  const store = (holder: string, session: string = `session-${holder}`, given: Bucket = bucket) =>
    createLeaseStore({ bucket: given, name: "publisher", holder, session, ttlMs: 15_000 });
  return { clock, bucket, store };
}

const acquire = { expectedRevision: 0, term: undefined, acquiredAt: ACQUIRED_AT, timeoutMs: TIMEOUT_MS };

test("what one candidate writes another reads, with its age by the broker's clock", async () => {
  const { clock, store } = scene();
  const revision = await store("one").write(acquire);
  await store("one").write({ ...acquire, expectedRevision: revision, term: 7 });
  await clock.advance(2_000);
  assert.deepEqual(await store("two").read(TIMEOUT_MS), {
    revision: 2,
    holder: "one",
    mine: false,
    term: 7,
    acquiredAt: ACQUIRED_AT,
    ageMs: 2_000,
    bucketRevision: 2,
  });
});

test("a record is its own for the same holder in the same life of its process, and for no other", async () => {
  const { store } = scene();
  await store("one").write(acquire);
  const mine = async (holder: string, session?: string) => {
    const found = await store(holder, session).read(TIMEOUT_MS);
    return "mine" in found && found.mine;
  };
  assert.equal(await mine("one"), true);
  assert.equal(await mine("one", "another session"), false);
  assert.equal(await mine("two", "session-one"), false);
});

test("a key that is not there is free at 0, a released one at its marker, and each is taken by expecting that", async () => {
  const { store } = scene();
  const one = store("one");
  assert.deepEqual(await one.read(TIMEOUT_MS), { freeAt: 0, bucketRevision: 0 });
  await one.release(await one.write(acquire), TIMEOUT_MS);
  assert.deepEqual(await store("two").read(TIMEOUT_MS), { freeAt: 2, bucketRevision: 2 });
  const late = store("two").write(acquire);
  await assert.rejects(late, (error) => isFleetError(error, "REVISION_CONFLICT"));
  assert.equal(await store("two").write({ ...acquire, expectedRevision: 2 }), 3);
});

test("a free lease is not taken when anything was written since it was read, be it to another lease", async () => {
  const { bucket, store } = scene();
  const found = await store("one").read(TIMEOUT_MS);
  assert.ok("freeAt" in found);
  await bucket.put("another-lease", new Uint8Array());
  const expected = { expectedRevision: found.freeAt, expectedBucketRevision: found.bucketRevision };
  const late = store("one").write({ ...acquire, ...expected });
  await assert.rejects(late, (error) => isFleetError(error, "REVISION_CONFLICT"));
  assert.equal(await store("one").write({ ...acquire, ...expected, expectedBucketRevision: 1 }), 2);
});

test("the record of a holder of another make, or with headers that say nothing, is read all the same", async () => {
  const { bucket, store } = scene();
  const value = new TextEncoder().encode("master-of-another-make");
  const others = { mine: false, term: undefined, acquiredAt: undefined, ageMs: 0, bucketRevision: 1 };
  await bucket.put("publisher", value);
  assert.deepEqual(await store("one").read(TIMEOUT_MS), { revision: 1, holder: "master-of-another-make", ...others });
  for (const nonsense of ["", "-4", "1.5", "soon", "1e400"]) {
    await bucket.put("publisher", value, { headers: { [HEADER_TERM]: nonsense, "Fleet-Acquired-At": nonsense } });
    const found = await store("one").read(TIMEOUT_MS);
    assert.equal("term" in found ? found.term : "free", undefined, `term "${nonsense}"`);
  }
});

test("the age is unknown where the server does not tell its time", async () => {
  const { bucket, store } = scene();
  await store("one").write(acquire);
  const old: Bucket = { ...bucket, state: async () => ({ ...(await bucket.state()), brokerNow: undefined }) };
  const found = await store("two", "session-two", old).read(TIMEOUT_MS);
  assert.equal("ageMs" in found ? found.ageMs : "free", undefined);
});

test("a bucket with another TTL is refused, naming both", async () => {
  const { clock, store } = scene();
  const short = createMemoryBucket({ name: LEASE_BUCKET, clock, ttlMs: 10_000 });
  await assert.rejects(store("one", "session", short).read(TIMEOUT_MS), (error) => {
    assert.ok(isFleetError(error, "LEASE_TTL_MISMATCH"));
    assert.equal(error.message, "the bucket leases has a TTL of 10s, the lease publisher one of 15s");
    return true;
  });
});

test("writes to this lease alone are heard, its own told apart", async () => {
  const { bucket, store } = scene();
  const heard: string[] = [];
  const one = store("one");
  const hearing = one.hear(({ operation, mine }) => heard.push(`${mine ? "own" : "other"} ${operation}`));
  const revision = await one.write(acquire);
  await bucket.put("another-lease", new Uint8Array());
  await assert.rejects(store("two").write(acquire));
  await one.release(revision, TIMEOUT_MS);
  await assert.rejects(store("two").release(revision, TIMEOUT_MS));
  hearing.close();
  await store("two")
    .write({ ...acquire, expectedRevision: 3 })
    .catch(() => {});
  assert.deepEqual(heard, ["own put", "other put", "own delete", "other delete"]);
});
