import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBucket } from "@fleet/bus/testing";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { encodeHeartbeat, type Heartbeat } from "@fleet/wire";
import { createHeartbeatListener } from "./heartbeat-listener.ts";

const bytes = (hex: string): Uint8Array => Buffer.from(hex, "hex");
const beat = (changes: Partial<Heartbeat> = {}): Uint8Array =>
  encodeHeartbeat({ sentAt: 0, version: "1.2.3", protocol: 1, ...changes });

function startListener() {
  const clock = createFakeClock();
  const bucket = createMemoryBucket({ name: "peel-heartbeat", clock });
  const logger = createRecordingLogger();
  const left: [string, string | undefined][] = [];
  const beats: string[] = [];
  const known = new Map<string, { session: string; beats: number }>();
  const listener = createHeartbeatListener({
    bucket,
    clock,
    logger,
    onGoodbye: (key, session) => left.push([key, session]),
    find: (id) => known.get(id),
    onBeat: (id, { session, seq }, found) => {
      beats.push(`${id} ${session ?? "-"} ${seq ?? "-"}`);
      if (found) found.beats += 1;
    },
  });
  void listener.listen();
  return { clock, bucket, logger, listener, left, beats, known };
}

const NONE = { empty: 0, oversize: 0, encoding: 0, schema: 0, key: 0 };

test("beats are told with what they say", async () => {
  const { bucket, logger, listener, left, beats } = startListener();
  await bucket.put("web1", beat({ session: "a", seq: 1 }));
  await bucket.put("web2", beat({ session: "b", seq: 1 }));
  await bucket.put("web1", beat({ session: "a", seq: 2 }));
  assert.deepEqual(beats, ["web1 a 1", "web2 b 1", "web1 a 2"]);
  assert.deepEqual([left, listener.malformed, logger.lines], [[], NONE, []]);
});

test("what is known of a peel is found once, and handed on with its beat, whatever session that is of", async () => {
  const { bucket, beats, known } = startListener();
  const web1 = { session: "a", beats: 0 };
  known.set("web1", web1);
  await bucket.put("web1", beat({ session: "a", seq: 1 }));
  await bucket.put("web1", beat({ session: "b", seq: 1 }));
  await bucket.put("web2", beat({ session: "a", seq: 7 }));
  assert.deepEqual([beats, web1.beats], [["web1 a 1", "web1 b 1", "web2 a 7"], 2]);
});

test("a beat of another make is a beat: with three fields, with unknown ones, with none", async () => {
  const { bucket, logger, listener, beats } = startListener();
  await bucket.put("web1", beat());
  // {"version": "9", "extra": {"a": [1]}}
  await bucket.put("web2", bytes("82a776657273696f6ea139a5657874726181a1619101"));
  await bucket.put("web3", bytes("80"));
  assert.deepEqual(beats, ["web1 - -", "web2 - -", "web3 - -"]);
  assert.deepEqual([listener.malformed, logger.lines], [NONE, []]);
});

test("delete markers of either kind are told, with their keys and sessions", async () => {
  const { bucket, left } = startListener();
  await bucket.put("web1", beat());
  await bucket.delete("web1", { headers: { "Fleet-Session": "a" } });
  await bucket.delete("web2", { headers: { "KV-Operation": "PURGE" } });
  assert.deepEqual(left, [
    ["web1", "a"],
    ["web2", undefined],
  ]);
});

test("values that are not a beat are counted by what is wrong with them, and skipped", async () => {
  const { bucket, listener, left, beats } = startListener();
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
  assert.deepEqual([left, beats], [[], []]);
});

test("keys that hold no beat are known until they expire, are deleted or hold one", async () => {
  const { clock, bucket, listener } = startListener();
  for (const key of ["web1", "web2", "web3"]) await bucket.put(key, bytes("c1"));
  await clock.advance(20_000);
  await bucket.put("web1", bytes("c1"));
  assert.equal(listener.malformedKeys(30_000), 3);
  await bucket.delete("web2");
  assert.equal(listener.malformedKeys(30_000), 2);
  await clock.advance(10_000);
  assert.equal(listener.malformedKeys(30_000), 1);
  await bucket.put("web1", beat());
  assert.equal(listener.malformedKeys(30_000), 0);
});

test("what is wrong is written once a minute, with the number of values held back", async () => {
  const { clock, bucket, logger } = startListener();
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
});

test("it hears nothing once it is closed, and everything once when it listens anew", async () => {
  const { bucket, listener, beats } = startListener();
  void listener.listen();
  await bucket.put("web1", beat());
  listener.close();
  await bucket.put("web1", beat());
  assert.equal(beats.length, 1);
});
