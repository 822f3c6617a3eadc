import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { encodeHeartbeat, type Heartbeat } from "@fleet/wire";
import { createHeartbeatListener } from "./heartbeat-listener.ts";

const bytes = (hex: string): Uint8Array => Buffer.from(hex, "hex");
const beat = (changes: Partial<Heartbeat> = {}): Uint8Array =>
  encodeHeartbeat({ sentAt: 0, version: "1.2.3", protocol: 1, ...changes });

function runListener() {
  const clock = createFakeClock();
  const bucket = createMemoryBucket({ name: "peel-heartbeat", clock });
  const logger = createRecordingLogger();
  const left: string[] = [];
  let came = 0;
  const listener = createHeartbeatListener({
    bucket,
    clock,
    logger,
    onLeave: (key) => left.push(key),
    onFirstBeat: () => {
      came += 1;
    },
  });
  const controller = new AbortController();
  const run = listener.run(controller.signal);
  const stop = async () => {
    controller.abort();
    await run;
  };
  return { clock, bucket, logger, listener, left, came: () => came, stop };
}

const NONE = { empty: 0, oversize: 0, encoding: 0, schema: 0, key: 0 };

test("beats are no news, but the first of a session is", async () => {
  const { bucket, logger, listener, left, came, stop } = runListener();
  await bucket.put("web1", beat({ session: "a", seq: 1 }));
  await bucket.put("web2", beat({ session: "b", seq: 1 }));
  assert.equal(came(), 2);
  for (const seq of [2, 3, 11]) await bucket.put("web1", beat({ session: "a", seq }));
  assert.equal(came(), 2);
  assert.deepEqual([left, listener.malformed, logger.lines], [[], NONE, []]);
  await stop();
});

test("a beat of another make is a beat: with three fields, with unknown ones, with none", async () => {
  const { bucket, logger, listener, came, stop } = runListener();
  await bucket.put("web1", beat());
  // {"version": "9", "extra": {"a": [1]}}
  await bucket.put("web2", bytes("82a776657273696f6ea139a5657874726181a1619101"));
  await bucket.put("web3", bytes("80"));
  assert.deepEqual([listener.malformed, logger.lines, came()], [NONE, [], 0]);
  await stop();
});

test("delete markers of either kind are told, with their keys", async () => {
  const { bucket, left, stop } = runListener();
  await bucket.put("web1", beat());
  await bucket.delete("web1", { headers: { "Fleet-Session": "a" } });
  await bucket.delete("web2", { headers: { "KV-Operation": "PURGE" } });
  assert.deepEqual(left, ["web1", "web2"]);
  await stop();
});

test("values that are not a beat are counted by what is wrong with them, and skipped", async () => {
  const { bucket, listener, left, came, stop } = runListener();
  const table: [string, Uint8Array, keyof typeof NONE, number][] = [
    ["web1", bytes(""), "empty", 1],
    ["web1", new Uint8Array(1_025), "oversize", 2],
    ["web1", bytes("c1"), "encoding", 3],
    ["web1", bytes("91a178"), "schema", 4],
    ["a.b", beat({ seq: 1 }), "key", 5],
    ["_reserved", beat({ seq: 1 }), "key", 1],
  ];
  for (const [key, value, , times] of table) {
    for (let turn = 0; turn < times; turn += 1) await bucket.put(key, value);
  }
  assert.deepEqual(listener.malformed, { empty: 1, oversize: 2, encoding: 3, schema: 4, key: 6 });
  assert.deepEqual([left, came()], [[], 0]);
  await stop();
});

test("what is wrong is written once a minute, with the number of values held back", async () => {
  const { clock, bucket, logger, stop } = runListener();
  for (let turn = 0; turn < 500; turn += 1) await bucket.put(`web${turn}`, bytes("c1"));
  assert.deepEqual(logger.lines, [
    {
      level: "warn",
      message: "a value in the heartbeat bucket is not a beat; skipped",
      fields: { key: "web0", reason: "encoding", bytes: 1 },
    },
  ]);
  await clock.advance(59_999);
  await bucket.put("web1", bytes(""));
  assert.equal(logger.lines.length, 1);
  await clock.advance(1);
  await bucket.put("web2", bytes(""));
  assert.deepEqual(logger.lines[1]?.fields, { key: "web2", reason: "empty", bytes: 0, more: 500 });
  await stop();
});

test("it hears nothing before it runs and nothing after", async () => {
  const { bucket, listener, stop } = runListener();
  await stop();
  await bucket.put("web1", bytes("c1"));
  assert.deepEqual(listener.malformed, NONE);
});
