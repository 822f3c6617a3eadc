import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bucket, busErrors } from "@fleet/bus";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createDeferred, sleep } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { createMarkerSweeper } from "./marker-sweeper.ts";

const BEAT = Uint8Array.of(0x80);

function createPlace() {
  const clock = createFakeClock();
  return { clock, bucket: createMemoryBucket({ name: "peel-heartbeat", clock, ttlMs: 30_000 }) };
}

type Place = ReturnType<typeof createPlace>;

/** A running sweeper; `changes` replace operations of its bucket. */
function runSweeper({ clock, bucket }: Place, changes: Partial<Bucket> = {}) {
  const logger = createRecordingLogger();
  let swept = 0;
  const sweeper = createMarkerSweeper({
    bucket: { ...bucket, ...changes },
    clock,
    logger,
    onSwept: () => {
      swept += 1;
    },
  });
  const controller = new AbortController();
  const run = sweeper.run(controller.signal);
  const stop = async () => {
    controller.abort();
    await run;
    assert.equal(clock.pendingTimers, 0, "timers left");
  };
  return { sweeper, logger, stop, swept: () => swept };
}

async function leave({ bucket }: Place, key: string): Promise<void> {
  await bucket.put(key, BEAT);
  await bucket.delete(key);
}

test("a marker that is heard is purged, and with it the key is gone from the broker's count", async () => {
  const place = createPlace();
  await leave(place, "web1");
  await place.bucket.put("web2", BEAT);
  const { sweeper, swept, stop } = runSweeper(place);
  sweeper.heard("web1");
  await place.clock.advance(0);
  assert.equal(await place.bucket.get("web1"), undefined);
  assert.deepEqual([(await place.bucket.state()).keys, sweeper.outstanding, swept()], [1, 0, 1]);
  await stop();
});

test("a marker that may not go yet stays, counts as one, and goes when it may", async () => {
  const place = createPlace();
  await leave(place, "web1");
  let told = false;
  const logger = createRecordingLogger();
  const sweeper = createMarkerSweeper({ ...place, logger, mayPurge: () => told });
  const controller = new AbortController();
  const run = sweeper.run(controller.signal);
  sweeper.heard("web1");
  await place.clock.advance(5_000);
  assert.deepEqual([(await place.bucket.state()).keys, sweeper.outstanding], [1, 1]);
  told = true;
  await place.clock.advance(1_000);
  assert.deepEqual([(await place.bucket.state()).keys, sweeper.outstanding], [0, 0]);
  controller.abort();
  await run;
});

test("what was heard before it runs is looked after when it runs", async () => {
  const place = createPlace();
  await leave(place, "web1");
  const sweeper = createMarkerSweeper({ ...place, logger: createRecordingLogger() });
  sweeper.heard("web1");
  await place.clock.advance(5_000);
  assert.equal((await place.bucket.state()).keys, 1);
  const controller = new AbortController();
  const run = sweeper.run(controller.signal);
  await place.clock.advance(0);
  assert.equal((await place.bucket.state()).keys, 0);
  controller.abort();
  await run;
});

test("a beat is never purged, whatever was heard", async () => {
  const place = createPlace();
  const revision = await place.bucket.put("web1", BEAT);
  const { sweeper, swept, stop } = runSweeper(place);
  sweeper.heard("web1");
  sweeper.heard("web2");
  await place.clock.advance(20_000);
  assert.equal((await place.bucket.get("web1"))?.revision, revision);
  assert.deepEqual([sweeper.outstanding, swept()], [0, 0]);
  await stop();
});

test("a beat written between the look at the marker and the purge survives", async () => {
  const place = createPlace();
  await leave(place, "web1");
  const { sweeper, stop } = runSweeper(place, {
    async purge(key, options) {
      await place.bucket.put(key, BEAT);
      return place.bucket.purge(key, options);
    },
  });
  sweeper.heard("web1");
  await place.clock.advance(5_000);
  assert.equal((await place.bucket.get("web1"))?.operation, "put");
  assert.equal(sweeper.outstanding, 0);
  await stop();
});

test("a marker heard before the broker has stored it is purged once it is there", async () => {
  for (const storedAfterMs of [50, 600]) {
    const place = createPlace();
    await place.bucket.put("web1", BEAT);
    const { sweeper, stop } = runSweeper(place);
    sweeper.heard("web1");
    await place.clock.advance(storedAfterMs);
    await place.bucket.delete("web1");
    await place.clock.advance(1_100 - storedAfterMs);
    assert.equal(await place.bucket.get("web1"), undefined, `stored after ${storedAfterMs} ms`);
    await stop();
  }
});

test("a key that goes on beating is let be after three looks", async () => {
  const place = createPlace();
  await place.bucket.put("web1", BEAT);
  let looks = 0;
  const { sweeper, stop } = runSweeper(place, {
    get(key, options) {
      looks += 1;
      assert.deepEqual(options, { fromLeader: true, timeoutMs: 2_000 });
      return place.bucket.get(key, options);
    },
  });
  sweeper.heard("web1");
  await place.clock.advance(60_000);
  assert.equal(looks, 3);
  await stop();
});

test("only markers that were seen in the bucket are outstanding, until the purge is confirmed", async () => {
  const place = createPlace();
  await leave(place, "web1");
  await place.bucket.put("web2", BEAT);
  const read = createDeferred();
  const purged = createDeferred();
  const { sweeper, swept, stop } = runSweeper(place, {
    async get(key, options) {
      await read.promise;
      return place.bucket.get(key, options);
    },
    async purge(key, options) {
      await purged.promise;
      return place.bucket.purge(key, options);
    },
  });
  for (const key of ["web1", "web2", "web3"]) sweeper.heard(key);
  await place.clock.advance(0);
  assert.equal(sweeper.outstanding, 0, "hearsay is not counted");
  read.resolve();
  await place.clock.advance(0);
  assert.deepEqual([sweeper.outstanding, swept()], [1, 0]);
  purged.resolve();
  await place.clock.advance(0);
  assert.deepEqual([sweeper.outstanding, swept()], [0, 1]);
  await stop();
});

test("a failed purge is tried again every second, its marker outstanding meanwhile", async () => {
  const place = createPlace();
  await leave(place, "web1");
  let [failures, failing] = [0, true];
  const { sweeper, logger, stop } = runSweeper(place, {
    purge(key, options) {
      if (!failing) return place.bucket.purge(key, options);
      failures += 1;
      return Promise.reject(busErrors.create("PERMISSION_DENIED", "no grant"));
    },
  });
  sweeper.heard("web1");
  await place.clock.advance(4_500);
  assert.deepEqual([failures, sweeper.outstanding], [5, 1]);
  assert.deepEqual(new Set(logger.lines.map(({ level }) => level)), new Set(["debug"]));
  sweeper.heard("web1");
  await place.clock.advance(900);
  assert.equal(failures, 6, "heard anew, it is tried now instead of then");
  failing = false;
  await place.clock.advance(100);
  assert.deepEqual([sweeper.outstanding, (await place.bucket.state()).keys], [0, 0]);
  await stop();
});

test("a marker that expired while its purge kept failing is no longer outstanding", async () => {
  const place = createPlace();
  await leave(place, "web1");
  const { sweeper, stop } = runSweeper(place, {
    purge: () => Promise.reject(busErrors.create("PERMISSION_DENIED", "no grant")),
  });
  sweeper.heard("web1");
  await place.clock.advance(29_000);
  assert.equal(sweeper.outstanding, 1);
  await place.clock.advance(2_000);
  assert.equal(sweeper.outstanding, 0);
  await stop();
});

test("a key heard again and again is one key to look after", async () => {
  const place = createPlace();
  let [looks, atATime, most] = [0, 0, 0];
  const { sweeper, stop } = runSweeper(place, {
    async get() {
      looks += 1;
      atATime += 1;
      most = Math.max(most, atATime);
      await sleep(place.clock, 200);
      atATime -= 1;
      throw busErrors.create("TIMEOUT", "no answer in time");
    },
  });
  for (let turn = 0; turn < 50; turn += 1) {
    sweeper.heard("web1");
    await place.clock.advance(10);
  }
  await place.clock.advance(2_000);
  looks = 0;
  await place.clock.advance(12_000);
  assert.equal(most, 1);
  assert.equal(looks, 10, "once in 1.2 s");
  const stopping = stop();
  await place.clock.advance(200);
  await stopping;
});

test("a thousand markers at once are purged, 32 at a time", async () => {
  const place = createPlace();
  const keys = Array.from({ length: 1_000 }, (_, index) => `web${index}`);
  for (const key of keys) await leave(place, key);
  let [inFlight, most] = [0, 0];
  const { sweeper, swept, stop } = runSweeper(place, {
    async purge(key, options) {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await sleep(place.clock, 5);
      inFlight -= 1;
      return place.bucket.purge(key, options);
    },
  });
  for (const key of keys) sweeper.heard(key);
  await place.clock.advance(1_000);
  assert.deepEqual([most, swept(), sweeper.outstanding, (await place.bucket.state()).keys], [32, 1_000, 0, 0]);
  await stop();
});

test("several masters may sweep one bucket", async () => {
  const place = createPlace();
  const sweepers = [runSweeper(place), runSweeper(place), runSweeper(place)];
  for (let index = 0; index < 100; index += 1) await leave(place, `web${index}`);
  await place.bucket.put("web7", BEAT);
  for (const { sweeper } of sweepers) for (let index = 0; index < 100; index += 1) sweeper.heard(`web${index}`);
  await place.clock.advance(5_000);
  assert.equal((await place.bucket.state()).keys, 1);
  for (const { sweeper, stop } of sweepers) {
    assert.equal(sweeper.outstanding, 0);
    await stop();
  }
});

test("with the bucket its markers are gone: nothing is outstanding, nothing tried again", async () => {
  const place = createPlace();
  await leave(place, "web1");
  const { sweeper, stop } = runSweeper(place, {
    purge: () => Promise.reject(busErrors.create("TIMEOUT", "no answer in time")),
  });
  sweeper.heard("web1");
  await place.clock.advance(100);
  assert.equal(sweeper.outstanding, 1);
  place.bucket.remove();
  await place.clock.advance(1_000);
  assert.deepEqual([sweeper.outstanding, place.clock.pendingTimers], [0, 0]);
  await stop();
});

test("a key that no bucket takes is given up, not tried for ever", async () => {
  const place = createPlace();
  const { sweeper, stop } = runSweeper(place);
  for (const key of ["a:b", "ü", ""]) sweeper.heard(key);
  await place.clock.advance(0);
  assert.deepEqual([sweeper.outstanding, place.clock.pendingTimers], [0, 0]);
  await stop();
});

test("it ends when what is under way has ended, and at once when told to before it began", async () => {
  const place = createPlace();
  const { sweeper, stop } = runSweeper(place, {
    get: () => sleep(place.clock, 300).then(() => Promise.reject(busErrors.create("TIMEOUT", "no answer in time"))),
  });
  for (let index = 0; index < 40; index += 1) sweeper.heard(`web${index}`);
  let ended = false;
  const stopping = stop().finally(() => {
    ended = true;
  });
  await place.clock.advance(299);
  assert.equal(ended, false);
  await place.clock.advance(1);
  await stopping;
  await createMarkerSweeper({ ...place, logger: createRecordingLogger() }).run(AbortSignal.abort());
});
