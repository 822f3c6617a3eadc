import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { encodeFacts } from "@fleet/wire";
import { createFactsMirror } from "./facts-mirror.ts";
import { createConnectionTwin } from "./testing/connection-twin.ts";

const facts = (name: string, labels: Record<string, unknown> = { role: "web" }) =>
  encodeFacts({ os: { name, arch: "amd64" }, peel: { version: "1.0.0" }, labels });
const told = (os: string, labels: Record<string, string> = { role: "web" }) => ({
  os,
  arch: "amd64",
  version: "1.0.0",
  labels,
});

function createScene() {
  const clock = createFakeClock();
  const bucket = createMemoryBucket({ name: "facts", clock });
  const connection = createConnectionTwin();
  const mirror = createFactsMirror({ connection, bucket, clock, random: () => 0.5, logger: createRecordingLogger() });
  const stop = new AbortController();
  const run = async () => {
    const running = mirror.run(stop.signal);
    await clock.advance(0);
    return running;
  };
  return { clock, bucket, connection, mirror, stop, run };
}

test("a mirror has what the bucket holds, and what is written from then on", async () => {
  const { clock, bucket, mirror, stop, run } = createScene();
  await bucket.put("web-1", facts("linux"));
  await bucket.put("gone", facts("linux"));
  await bucket.delete("gone");
  await bucket.put("a.b", facts("linux"));
  assert.equal(mirror.settled, false);
  const running = run();
  await clock.advance(0);
  assert.equal(mirror.settled, true);
  assert.deepEqual([[...mirror.ids()], mirror.size], [["web-1"], 1]);
  assert.deepEqual(mirror.get("web-1"), told("linux"));
  await bucket.put("web-1", facts("plan9", {}));
  await bucket.put("web-2", facts("linux"));
  assert.deepEqual([mirror.get("web-1"), mirror.get("web-2")], [told("plan9", {}), told("linux")]);
  await bucket.delete("web-1");
  await bucket.put("web-2", Uint8Array.of(0xc1));
  assert.deepEqual([...mirror.ids()], []);
  stop.abort();
  await running;
  await bucket.put("web-3", facts("linux"));
  assert.equal(mirror.get("web-3"), undefined);
  assert.equal(clock.pendingTimers, 0);
});

test("it tells that peels came or went, and not that one was told anew", async () => {
  const { clock, bucket, connection, mirror, stop, run } = createScene();
  const running = run();
  await clock.advance(0);
  const changesBy = async (change: () => unknown) => {
    const before = mirror.changes;
    await change();
    await clock.advance(0);
    return mirror.changes - before;
  };
  assert.equal(await changesBy(() => bucket.put("web-1", facts("linux"))), 1);
  assert.equal(await changesBy(() => bucket.put("web-1", facts("plan9"))), 0);
  assert.equal(await changesBy(() => bucket.delete("web-1")), 1);
  assert.equal(await changesBy(() => bucket.delete("web-1")), 0);
  // Who came and who went while nothing was heard is not known until the bucket is read.
  assert.ok((await changesBy(() => connection.become("connected"))) > 0);
  stop.abort();
  await running;
});

test("what was missed while the connection was lost is read when it is back, and what is gone is gone", async () => {
  const { clock, bucket, connection, mirror, stop, run } = createScene();
  await bucket.put("old", facts("linux"));
  const running = run();
  await clock.advance(0);
  const held = mirror.kept("old");
  connection.become("disconnected");
  bucket.remove();
  bucket.restore();
  const unheard = createMemoryBucket({ name: "facts", clock });
  await unheard.put("new", facts("linux"));
  // Written while this process hears nothing.
  bucket.replay = (...args) => unheard.replay(...args);
  connection.become("connected");
  await clock.advance(0);
  assert.deepEqual([...mirror.ids()], ["new"]);
  assert.equal(held?.listed, undefined);
  stop.abort();
  await running;
});

test("what is written while the bucket is read counts, whichever comes first", async () => {
  const { clock, bucket, mirror, stop, run } = createScene();
  await bucket.put("rewritten", facts("linux"));
  await bucket.put("removed", facts("linux"));
  const { replay } = bucket;
  bucket.replay = async (visit, options) => {
    await bucket.put("rewritten", facts("plan9"));
    await bucket.delete("removed");
    const late = await replay(
      // What the broker gives can be older than what was heard.
      (entry, reading) => visit(entry.key === "rewritten" ? { ...entry, value: facts("linux") } : entry, reading),
      options,
    );
    visit(
      {
        key: "removed",
        value: facts("linux"),
        revision: 2,
        operation: "put",
        storedAt: 0,
        header: () => undefined,
      },
      late,
    );
    return late;
  };
  const running = run();
  await clock.advance(0);
  assert.deepEqual([...mirror.ids()], ["rewritten"]);
  assert.deepEqual(mirror.get("rewritten"), told("plan9"));
  stop.abort();
  await running;
});

test("a bucket that is not there yet is empty, and one that cannot be read is read again", async () => {
  const { clock, bucket, mirror, stop, run } = createScene();
  bucket.failure = new Error("outage");
  const running = run();
  await clock.advance(5_000);
  assert.equal(mirror.settled, false);
  bucket.failure = undefined;
  bucket.remove();
  await clock.advance(30_000);
  assert.deepEqual([mirror.settled, [...mirror.ids()]], [true, []]);
  stop.abort();
  await running;
});

test("a mirror ends at once when it is told to, also while nobody answers it", async () => {
  const { bucket, stop, run } = createScene();
  bucket.replay = () => new Promise(() => {});
  const running = run();
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await running;
});

test("equal facts of many peels are kept once", async () => {
  const { clock, bucket, mirror, stop, run } = createScene();
  for (const id of ["web-1", "web-2"]) await bucket.put(id, facts("linux"));
  const running = run();
  await clock.advance(0);
  assert.equal(mirror.get("web-1"), mirror.get("web-2"));
  stop.abort();
  await running;
});

test("labels that are no texts, too long or too many are left out", async () => {
  const { clock, bucket, mirror, stop, run } = createScene();
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key-${index}`, "x"]));
  await bucket.put("odd", facts("linux", { role: "web", count: 1, long: "x".repeat(257), ["k".repeat(64)]: "x" }));
  await bucket.put("many", facts("linux", many));
  await bucket.put("none", encodeFacts({ labels: ["role"] }));
  const running = run();
  await clock.advance(0);
  assert.deepEqual(mirror.get("odd")?.labels, { role: "web" });
  assert.equal(Object.keys(mirror.get("many")?.labels ?? {}).length, 32);
  assert.deepEqual(mirror.get("none"), { os: undefined, arch: undefined, version: undefined, labels: {} });
  stop.abort();
  await running;
});

test("who holds the facts of a peel has them as they become, and not once they are gone", async () => {
  const { clock, bucket, connection, mirror, stop, run } = createScene();
  await bucket.put("web-1", facts("linux"));
  const running = run();
  await clock.advance(0);
  const held = mirror.kept("web-1");
  await bucket.put("web-1", facts("plan9"));
  assert.deepEqual(held?.listed, told("plan9"));
  connection.become("connected");
  await clock.advance(0);
  assert.equal(mirror.kept("web-1"), held);
  await bucket.delete("web-1");
  assert.equal(held?.listed, undefined);
  await bucket.put("web-1", facts("linux"));
  assert.deepEqual([held?.listed, mirror.kept("web-1")?.listed], [undefined, told("linux")]);
  stop.abort();
  await running;
});
