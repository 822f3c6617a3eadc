// What a heartbeat leaves behind when it is stopped.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bucket, busErrors, type WriteOptions } from "@fleet/bus";
import { createMemoryBucket, type MemoryBucket } from "@fleet/bus/testing";
import { createDeferred } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger, type FakeClock } from "@fleet/runtime/testing";
import { createHeartbeatPublisher } from "./heartbeat-publisher.ts";
import { type ConnectionTwin, createConnectionTwin } from "./testing/connection-twin.ts";

const PEEL = "web1";

interface Place {
  readonly clock: FakeClock;
  readonly bucket: MemoryBucket;
  readonly connection: ConnectionTwin;
}

function createPlace(): Place {
  const clock = createFakeClock();
  return {
    clock,
    bucket: createMemoryBucket({ name: "peel-heartbeat", clock, ttlMs: 30_000 }),
    connection: createConnectionTwin(),
  };
}

/** A process of the peel in a place; `changes` replace operations of its bucket. */
function runProcess(place: Place, session: string, changes: Partial<Bucket> = {}) {
  const { clock, bucket, connection } = place;
  const logger = createRecordingLogger();
  const deletes: { key: string; options: WriteOptions | undefined }[] = [];
  const heartbeat = createHeartbeatPublisher({
    peelId: PEEL,
    session,
    version: "1.2.3",
    intervalMs: 10_000,
    bucket: {
      ...bucket,
      delete(key, options) {
        deletes.push({ key, options });
        return bucket.delete(key, options);
      },
      ...changes,
    },
    connection,
    clock,
    random: () => 0.5,
    logger,
  });
  const controller = new AbortController();
  let ended = false;
  const run = heartbeat.run(controller.signal).finally(() => {
    ended = true;
  });
  const stop = async () => {
    controller.abort();
    await run;
    assert.deepEqual([clock.pendingTimers, connection.listeners], [0, 0], "timers and listeners left");
  };
  return { logger, deletes, controller, run, stop, ended: () => ended };
}

const lastLine = ({ logger }: ReturnType<typeof runProcess>) => {
  const line = logger.lines.at(-1);
  return line && [line.level, line.message, line.fields];
};

test("a peel that stops says goodbye: a delete marker over its last beat, with its session", async () => {
  const place = createPlace();
  const heard: (string | undefined)[] = [];
  place.bucket.hear((write) => write.operation === "delete" && heard.push(write.header("Fleet-Session")));
  const peel = runProcess(place, "session-1");
  await place.clock.advance(30_000);
  const before = await place.bucket.get(PEEL);
  assert.equal(before?.operation, "put");
  await peel.stop();
  assert.deepEqual(peel.deletes, [
    {
      key: PEEL,
      options: {
        expectedRevision: before?.revision,
        headers: { "Fleet-Session": "session-1" },
        timeoutMs: 1_000,
      },
    },
  ]);
  assert.equal((await place.bucket.get(PEEL))?.operation, "delete");
  assert.deepEqual(heard, ["session-1"]);
  assert.deepEqual(peel.logger.lines, []);
});

test("an old process that ends late does not remove its successor's key", async () => {
  const place = createPlace();
  const old = runProcess(place, "session-1");
  await place.clock.advance(1_000);
  const successor = runProcess(place, "session-2");
  await place.clock.advance(0);
  const beat = await place.bucket.get(PEEL);

  old.controller.abort();
  await old.run;
  assert.deepEqual(await place.bucket.get(PEEL), beat);
  const [level, message, fields] = lastLine(old) ?? [];
  assert.deepEqual([level, message], ["info", "left without a delete marker"]);
  assert.match(JSON.stringify(fields), /last revision is 2, not 1/);
  await successor.stop();
  assert.equal((await place.bucket.get(PEEL))?.operation, "delete");
});

test("a peel stopped while a beat is under way waits for its outcome and then says goodbye", async () => {
  const place = createPlace();
  const stored = createDeferred<number>();
  const peel = runProcess(place, "session-1", { put: () => stored.promise });
  await place.clock.advance(100);
  peel.controller.abort();
  await place.clock.advance(1_000);
  assert.deepEqual([peel.ended(), peel.deletes], [false, []]);
  stored.resolve(await place.bucket.put(PEEL, new Uint8Array(1)));
  await peel.stop();
  assert.equal(peel.deletes[0]?.options?.expectedRevision, 1);
  assert.equal((await place.bucket.get(PEEL))?.operation, "delete");
});

test("there is no goodbye while the outcome of the last beat is unknown: its revision may be another", async () => {
  const place = createPlace();
  let beats = 0;
  const peel = runProcess(place, "session-1", {
    async put(key, value) {
      beats += 1;
      await place.bucket.put(key, value);
      if (beats > 1) throw busErrors.create("TIMEOUT", "no answer in time");
      return 1;
    },
  });
  await place.clock.advance(9_000);
  assert.ok(beats > 1);
  await peel.stop();
  assert.deepEqual(peel.deletes, []);
  assert.equal((await place.bucket.get(PEEL))?.operation, "put");
  assert.deepEqual(lastLine(peel), [
    "info",
    "left without a delete marker: the TTL will end this peel's presence",
    { reason: "the outcome of the last beat is unknown" },
  ]);
});

test("a good beat after an unknown one makes the goodbye possible again", async () => {
  const place = createPlace();
  let beats = 0;
  const peel = runProcess(place, "session-1", {
    put(key, value) {
      beats += 1;
      if (beats === 2) return Promise.reject(busErrors.create("TIMEOUT", "no answer in time"));
      return place.bucket.put(key, value);
    },
  });
  await place.clock.advance(9_000);
  await peel.stop();
  assert.equal((await place.bucket.get(PEEL))?.operation, "delete");
});

test("there is no goodbye without a connection, and the log says so", async () => {
  const place = createPlace();
  const peel = runProcess(place, "session-1");
  await place.clock.advance(1_000);
  place.connection.become("disconnected");
  await place.clock.advance(1_000);
  await peel.stop();
  assert.deepEqual(peel.deletes, []);
  assert.deepEqual(lastLine(peel)?.[2], { reason: "not connected" });
});

test("a peel that never beat has nothing to say when it is stopped", async () => {
  const place = createPlace();
  place.connection.become("connecting");
  const peel = runProcess(place, "session-1");
  await place.clock.advance(5_000);
  await peel.stop();
  assert.deepEqual([peel.deletes, peel.logger.lines], [[], []]);
});

test("a peel told to stop before it began ends at once", async () => {
  const { clock, bucket, connection } = createPlace();
  const heartbeat = createHeartbeatPublisher({
    peelId: PEEL,
    session: "session-1",
    version: "1.2.3",
    intervalMs: 10_000,
    bucket,
    connection,
    clock,
    random: () => 0.5,
    logger: createRecordingLogger(),
  });
  await heartbeat.run(AbortSignal.abort());
  assert.deepEqual([(await bucket.state()).lastRevision, clock.pendingTimers, connection.listeners], [0, 0, 0]);
});

test("a goodbye that fails is a warning, and the peel ends all the same", async () => {
  const place = createPlace();
  const peel = runProcess(place, "session-1", {
    delete: () => Promise.reject(busErrors.create("TIMEOUT", "no answer in time")),
  });
  await place.clock.advance(0);
  await peel.stop();
  assert.deepEqual(lastLine(peel), ["warn", "left without a delete marker", { error: "no answer in time" }]);
});
