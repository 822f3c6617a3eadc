import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bucket, type BucketState, busErrors } from "@fleet/bus";
import { createMemoryBucket } from "@fleet/bus/testing";
import { isFleetError, messageOf, sleep } from "@fleet/runtime";
import { createFakeClock } from "@fleet/runtime/testing";
import { createPeelCounter } from "./peel-counter.ts";

const BEAT = Uint8Array.of(0x80);
const INTERVAL_MS = 15_000;
const STATE: BucketState = {
  keys: 7,
  lastRevision: 7,
  brokerNow: undefined,
  ttlMs: 0,
  storage: "memory",
  createdAt: 0,
};

/** A running counter of 15 s over a bucket with some beats; `changes` replace operations of its bucket. */
async function runCounter({ beats = 0, intervalMs = INTERVAL_MS, changes = {} as Partial<Bucket> } = {}) {
  const clock = createFakeClock();
  const bucket = createMemoryBucket({ name: "peel-heartbeat", clock });
  for (let index = 0; index < beats; index += 1) await bucket.put(`web${index}`, BEAT);
  const errors: unknown[] = [];
  const countsMono: number[] = [];
  let markers = 0;
  const counter = createPeelCounter({
    bucket: {
      ...bucket,
      state(options) {
        countsMono.push(clock.monoMs());
        return (changes.state ?? bucket.state)(options);
      },
    },
    intervalMs,
    clock,
    random: () => 0.5,
    others: () => markers,
    onError: (error) => errors.push(error),
  });
  const controller = new AbortController();
  const run = counter.run(controller.signal);
  const stop = async () => {
    controller.abort();
    await run;
    assert.equal(clock.pendingTimers, 0, "timers left");
  };
  const mark = (count: number) => {
    markers = count;
  };
  return { clock, bucket, counter, errors, countsMono, mark, stop };
}

test("the peels are counted at once and then once an interval, by the broker's own number of keys", async () => {
  const { clock, bucket, counter, countsMono, stop } = await runCounter({ beats: 3 });
  assert.deepEqual([counter.count, counter.refreshedAt, counter.ageMs], [0, undefined, undefined]);
  await clock.advance(0);
  assert.equal(counter.count, 3);
  await bucket.put("late", BEAT);
  await clock.advance(INTERVAL_MS - 1);
  assert.equal(counter.count, 3);
  await clock.advance(1);
  assert.equal(counter.count, 4);
  assert.deepEqual([countsMono, counter.ageMs], [[0, INTERVAL_MS], 0]);
  await stop();
});

test("an empty bucket has no peels, and that is a count", async () => {
  const { clock, counter, stop } = await runCounter();
  await clock.advance(0);
  assert.deepEqual([counter.count, counter.ageMs], [0, 0]);
  await stop();
});

test("delete markers among the keys are no peels, and never make fewer than none", async () => {
  const { clock, counter, mark, stop } = await runCounter({ beats: 3 });
  mark(2);
  await clock.advance(0);
  assert.equal(counter.count, 1);
  mark(5);
  await clock.advance(INTERVAL_MS);
  assert.equal(counter.count, 0);
  await stop();
});

test("an error keeps the last count and its age, is told, and the next good count follows soon", async () => {
  const { clock, bucket, counter, errors, stop } = await runCounter({ beats: 3 });
  await clock.advance(0);
  const countedAt = clock.wallMs();
  await bucket.put("late", BEAT);
  bucket.failure = busErrors.create("UNAVAILABLE", "no leader");
  await clock.advance(60_000);
  assert.deepEqual([counter.count, counter.refreshedAt, counter.ageMs], [3, countedAt, 60_000]);
  assert.ok(errors.length > 8, "more often than the interval");
  assert.deepEqual(new Set(errors.map(messageOf)), new Set(["no leader"]));
  bucket.failure = undefined;
  await clock.advance(INTERVAL_MS);
  assert.equal(counter.count, 4);
  await stop();
});

test("the age is measured by monotonic time, whatever becomes of the wall clock", async () => {
  const { clock, counter, stop } = await runCounter();
  await clock.advance(4_000);
  clock.jumpWall(3_600_000);
  assert.equal(counter.ageMs, 4_000);
  clock.jumpWall(-7_200_000);
  assert.equal(counter.ageMs, 4_000);
  await stop();
});

test("a bucket that appears late is picked up", async () => {
  const { clock, bucket, counter, errors, stop } = await runCounter();
  bucket.remove();
  await clock.advance(INTERVAL_MS);
  assert.ok(errors.length > 0 && errors.every((error) => isFleetError(error, "BUCKET_MISSING")));
  assert.equal(counter.ageMs, undefined);
  bucket.restore();
  await bucket.put("web1", BEAT);
  await clock.advance(INTERVAL_MS);
  assert.equal(counter.count, 1);
  await stop();
});

test("a count asked for comes at once, and a burst of asking is two counts a second apart", async () => {
  const { clock, counter, countsMono, stop } = await runCounter();
  await clock.advance(5_000);
  counter.refresh();
  counter.refresh();
  await clock.advance(0);
  assert.deepEqual(countsMono, [0, 5_000]);
  for (let turn = 0; turn < 100; turn += 1) {
    counter.refresh();
    await clock.advance(9);
  }
  assert.deepEqual(countsMono, [0, 5_000]);
  await clock.advance(100);
  assert.deepEqual(countsMono, [0, 5_000, 6_000]);
  counter.refresh();
  await clock.advance(1_000);
  assert.deepEqual(countsMono, [0, 5_000, 6_000, 7_000]);
  await clock.advance(INTERVAL_MS);
  assert.deepEqual(countsMono.slice(4), [7_000 + INTERVAL_MS], "the regular one is moved, not lost");
  await stop();
});

test("a count that may have come before the broker knew of the change is taken again", async () => {
  const { clock, countsMono, counter, stop } = await runCounter();
  await clock.advance(5_000);
  counter.refresh();
  await clock.advance(990);
  counter.refresh();
  await clock.advance(4_000);
  assert.deepEqual(countsMono, [0, 5_000, 6_000, 7_000]);
  await stop();
});

test("a count asked for while one is under way follows it", async () => {
  const { clock, counter, countsMono, stop } = await runCounter({
    changes: { state: () => sleep(clock, 3_000).then(() => STATE) },
  });
  await clock.advance(10);
  counter.refresh();
  await clock.advance(2_980);
  assert.deepEqual(countsMono, [0]);
  await clock.advance(20);
  assert.deepEqual(countsMono, [0, 3_000]);
  await clock.advance(3_000);
  await stop();
});

test("a broker that does not answer is given the interval, and no more than 5 s", async () => {
  for (const [intervalMs, timeoutMs] of [
    [500, 500],
    [15_000, 5_000],
  ] as const) {
    const timeouts: unknown[] = [];
    const { clock, stop } = await runCounter({
      intervalMs,
      changes: {
        async state(options) {
          timeouts.push(options?.timeoutMs);
          return STATE;
        },
      },
    });
    await clock.advance(0);
    assert.deepEqual(timeouts, [timeoutMs]);
    await stop();
  }
});

test("nothing is counted any more once it has ended, whoever asked or asks", async () => {
  for (const askedBefore of [false, true]) {
    const { clock, counter, countsMono, stop } = await runCounter();
    await clock.advance(100);
    if (askedBefore) counter.refresh();
    await stop();
    counter.refresh();
    assert.equal(clock.pendingTimers, 0);
    await clock.advance(10_000);
    assert.deepEqual(countsMono, [0]);
  }
});
