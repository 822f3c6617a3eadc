import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bucket, busErrors } from "@fleet/bus";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createConnectionTwin } from "@fleet/presence/testing";
import { createDeferred } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { decodeFacts, FACTS_MAX_BYTES, type Facts } from "@fleet/wire";
import { createFactsPublisher } from "./facts-publisher.ts";

/** A running publisher of facts that the test changes; `put` stands in for the bucket's. */
function runFacts({ connected = true, put }: { connected?: boolean; put?: Bucket["put"] } = {}) {
  const clock = createFakeClock();
  const connection = createConnectionTwin(connected ? "connected" : "connecting");
  const bucket = createMemoryBucket({ name: "facts", clock });
  const logger = createRecordingLogger();
  const writes: { atMono: number; facts: Facts }[] = [];
  let facts: Facts = { os: { name: "linux" } };
  const publisher = createFactsPublisher({
    peelId: "web1",
    bucket: {
      ...bucket,
      put(key, value, options) {
        const decoded = decodeFacts(value);
        assert.ok(decoded.ok && key === "web1");
        writes.push({ atMono: clock.monoMs(), facts: decoded.value });
        return (put ?? bucket.put)(key, value, options);
      },
    },
    connection,
    collect: () => facts,
    clock,
    random: () => 0.5,
    logger,
  });
  const controller = new AbortController();
  const run = publisher.run(controller.signal);
  const stop = async () => {
    controller.abort();
    await run;
    assert.deepEqual([clock.pendingTimers, connection.listeners], [0, 0], "timers and listeners left");
  };
  const change = (next: Facts) => {
    facts = next;
  };
  const timesMono = () => writes.map(({ atMono }) => atMono);
  return { clock, connection, bucket, logger, publisher, writes, timesMono, change, stop };
}

const refuse = (): Promise<never> => Promise.reject(busErrors.create("UNAVAILABLE", "nobody answers"));

test("the facts are written at once when there is a connection, and once", async () => {
  const { clock, bucket, writes, stop } = runFacts();
  await clock.advance(3_600_000);
  assert.deepEqual(writes, [{ atMono: 0, facts: { os: { name: "linux" } } }]);
  assert.equal((await bucket.get("web1"))?.operation, "put");
  await stop();
});

test("nothing is written while there is no connection, and the facts at each connect", async () => {
  const { clock, connection, timesMono, stop } = runFacts({ connected: false });
  await clock.advance(300_000);
  assert.deepEqual(timesMono(), []);
  connection.become("connected");
  await clock.advance(1_000);
  connection.become("disconnected");
  await clock.advance(300_000);
  connection.become("connected");
  await clock.advance(300_000);
  assert.deepEqual(timesMono(), [300_000, 601_000]);
  await stop();
});

test("facts that have changed are written within a minute, others not again", async () => {
  const { clock, writes, change, stop } = runFacts();
  await clock.advance(90_000);
  change({ os: { name: "linux", version: "6.1" } });
  await clock.advance(60_000);
  change({ os: { version: "6.1", name: "linux" } });
  await clock.advance(300_000);
  assert.deepEqual(writes.slice(1), [{ atMono: 120_000, facts: { os: { name: "linux", version: "6.1" } } }]);
  await stop();
});

test("facts that were found missing are written again at once", async () => {
  const { clock, publisher, timesMono, stop } = runFacts();
  await clock.advance(12_345);
  publisher.republish();
  publisher.republish();
  await clock.advance(300_000);
  assert.deepEqual(timesMono(), [0, 12_345]);
  await stop();
});

test("facts asked for while they are being written are written once more", async () => {
  const stored = createDeferred<number>();
  const { clock, publisher, timesMono, stop } = runFacts({ put: () => stored.promise });
  await clock.advance(100);
  publisher.republish();
  stored.resolve(1);
  await clock.advance(100);
  assert.deepEqual(timesMono(), [0, 100]);
  await stop();
});

test("asked for without a connection, the facts are written when there is one", async () => {
  const { clock, connection, publisher, timesMono, stop } = runFacts();
  await clock.advance(100);
  connection.become("disconnected");
  publisher.republish();
  await clock.advance(100);
  assert.deepEqual(timesMono(), [0]);
  connection.become("connected");
  await clock.advance(0);
  assert.deepEqual(timesMono(), [0, 200]);
  await stop();
});

test("a failed write is tried again, ever more slowly up to a minute, and warned of once a minute", async () => {
  let failing = true;
  const { clock, bucket, logger, timesMono, stop } = runFacts({
    put: (key, value) => (failing ? refuse() : bucket.put(key, value)),
  });
  await clock.advance(59_999);
  assert.deepEqual(timesMono(), [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
  const warnings = () => logger.lines.filter(({ level }) => level === "warn");
  assert.deepEqual(
    warnings().map(({ message, fields }) => [message, fields]),
    [["facts not written; retrying", { error: "nobody answers" }]],
  );
  await clock.advance(10_000);
  assert.equal(warnings().length, 2);
  failing = false;
  await clock.advance(60_000);
  assert.ok(await bucket.get("web1"));
  const written = timesMono().length;
  await clock.advance(300_000);
  assert.equal(timesMono().length, written);
  await stop();
});

test("facts longer than readers take are not written, and the log says how long they are", async () => {
  const { clock, logger, writes, change, stop } = runFacts();
  await clock.advance(1);
  change({ labels: { a: "x".repeat(FACTS_MAX_BYTES) } });
  await clock.advance(60_000);
  assert.equal(writes.length, 1);
  const { level, fields } = logger.lines.at(-1) ?? {};
  assert.equal(level, "warn");
  assert.match(String(fields?.["error"]), /^the facts have 655\d\d bytes; no more than 65536 are taken$/);
  await stop();
});
