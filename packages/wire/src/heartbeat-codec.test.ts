import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { decodeHeartbeat, encodeHeartbeat, HEARTBEAT_MAX_BYTES, type Heartbeat } from "./heartbeat-codec.ts";

/*
 * The bytes below were made by python3-msgpack 1.0.3 (Debian 12), not by this package's encoder:
 *   msgpack.packb({"ts": datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=utc), "version": "0.1.0", "protocol": 1, …}, datetime=True)
 * and read back by it with `timestamp=3`. test/architecture/wire-interop.test.ts holds them against another
 * implementation at each run.
 */
const SENT_AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const SMALL: Heartbeat = { sentAt: SENT_AT, version: "0.1.0", protocol: 1 };
const SMALL_HEX = "83a27473d7ffa1a5d600695735a5a776657273696f6ea5302e312e30a870726f746f636f6c01";
const FULL: Heartbeat = {
  ...SMALL,
  session: "2ixx3TkmgRC7cAEe2ThqEkh9cqL",
  seq: 70_000,
  intervalMs: 10_000,
  ping: true,
};
const FULL_HEX =
  "87a27473d7ffa1a5d600695735a5a776657273696f6ea5302e312e30a870726f746f636f6c01" +
  "a773657373696f6ebb3269787833546b6d675243376341456532546871456b683963714c" +
  "a3736571ce00011170ab696e74657276616c5f6d73cd2710a470696e67c3";

const DEFAULTS: Heartbeat = { sentAt: 0, version: "", protocol: 0 };

function decoded(bytes: Uint8Array): Heartbeat {
  const result = decodeHeartbeat(bytes);
  assert.ok(result.ok, `refused: ${result.ok || result.reason}`);
  return result.value;
}

function reasonFor(bytes: Uint8Array): string {
  const result = decodeHeartbeat(bytes);
  return result.ok ? "taken" : result.reason;
}

test("a beat without the optional fields has exactly the bytes that the protocol asks for", () => {
  assert.equal(Buffer.from(encodeHeartbeat(SMALL)).toString("hex"), SMALL_HEX);
  assert.deepEqual(decoded(Buffer.from(SMALL_HEX, "hex")), SMALL);
});

test("a beat with every field has exactly the bytes that the protocol asks for", () => {
  assert.equal(Buffer.from(encodeHeartbeat(FULL)).toString("hex"), FULL_HEX);
  assert.deepEqual(decoded(Buffer.from(FULL_HEX, "hex")), FULL);
});

test("a foreign beat with nothing in it is a live beat with defaults", () => {
  assert.deepEqual(decoded(Buffer.from("80", "hex")), DEFAULTS);
});

test("fields that nobody here knows are ignored, whatever they hold", () => {
  const extras = {
    hostname: "web1",
    load: [0.5, 0.25],
    tags: { a: { b: [null, true] } },
    blob: new Uint8Array(3),
    v: -1,
  };
  const ts = new Date(SENT_AT);
  assert.deepEqual(decoded(encode({ ...extras, ts, version: "0.1.0", protocol: 1 })), SMALL);
});

test("nil, zero and the empty text are missing: Go programs send them for what they never set", () => {
  const nothing = { ts: null, version: null, protocol: null, session: null, seq: null, interval_ms: null, ping: null };
  assert.deepEqual(decoded(encode(nothing)), DEFAULTS);
  const zeros = { ts: new Date(-62_135_596_800_000), version: "", protocol: 0, session: "", seq: 0, interval_ms: 0 };
  assert.deepEqual(decoded(encode(zeros)), DEFAULTS);
});

test("numbers written as floats, as Lua does, count as the whole numbers that they are", () => {
  const floats = encode({ protocol: 1, seq: 3, interval_ms: 10_000 }, { forceIntegerToFloat: true });
  assert.deepEqual(decoded(floats), { ...DEFAULTS, protocol: 1, seq: 3, intervalMs: 10_000 });
});

test("a time of any of the three timestamp forms is read to the millisecond", () => {
  for (const time of [1_000, SENT_AT, 17_179_869_184_000, 253_402_300_799_999]) {
    assert.equal(decoded(encode({ ts: new Date(time) })).sentAt, time);
  }
});

test("a time beyond what a date can hold counts as none", () => {
  // timestamp 96 with the largest seconds there are
  const endless = Buffer.from("81a27473c70cff000000007fffffffffffffff", "hex");
  assert.equal(decoded(endless).sentAt, 0);
});

test("a field of the wrong type refuses the beat as a schema error", () => {
  const wrong: Record<string, unknown>[] = [
    { ts: 1_767_323_045 },
    { ts: "2026-01-02T03:04:05Z" },
    { version: 2 },
    { version: new Uint8Array([49]) },
    { protocol: "1" },
    { session: 7 },
    { session: ["a"] },
    { seq: "1" },
    { interval_ms: "10s" },
    { ping: 1 },
  ];
  for (const map of wrong) assert.equal(reasonFor(encode(map)), "schema", JSON.stringify(map));
});

test("a number that nobody can mean refuses the beat as a schema error", () => {
  const wrong: Record<string, unknown>[] = [
    { protocol: Number.NaN },
    { protocol: -1 },
    { protocol: 1.5 },
    { seq: Number.POSITIVE_INFINITY },
    { seq: -3 },
    { seq: 18_446_744_073_709_551_615n },
    { interval_ms: Number.NaN },
    { interval_ms: Number.POSITIVE_INFINITY },
    { interval_ms: -10_000 },
  ];
  for (const map of wrong) {
    assert.equal(reasonFor(encode(map, { useBigInt64: true })), "schema", Object.values(map).join());
  }
});

test("bytes that are no map are told apart: nothing, something else, cut off, trailing", () => {
  assert.equal(reasonFor(new Uint8Array()), "empty");
  for (const value of ["text", 7, null, true, [1, 2], new Date(0), new Uint8Array(2)]) {
    assert.equal(reasonFor(encode(value)), "schema", String(value));
  }
  const beat = encodeHeartbeat(FULL);
  for (let length = 1; length < beat.length; length += 1) {
    assert.equal(reasonFor(beat.subarray(0, length)), "encoding", `the first ${length} bytes`);
  }
  assert.equal(reasonFor(Buffer.concat([beat, Buffer.from([0xc0])])), "encoding");
  assert.equal(reasonFor(Buffer.from("c1", "hex")), "encoding");
});

test("a beat of the largest size is taken and one byte more is refused", () => {
  const beatOf = (size: number) => {
    const frame = encode({ version: "v".repeat(500) }).length - 500;
    return encode({ version: "v".repeat(size - frame) });
  };
  const largest = beatOf(HEARTBEAT_MAX_BYTES);
  assert.equal(largest.length, HEARTBEAT_MAX_BYTES);
  assert.equal(reasonFor(largest), "taken");
  assert.equal(reasonFor(beatOf(HEARTBEAT_MAX_BYTES + 1)), "oversize");
});

test("a key that would change what every object is refuses the beat", () => {
  assert.equal(reasonFor(Buffer.from("81a95f5f70726f746f5f5f81a870726f746f636f6c01", "hex")), "encoding");
  assert.equal(({} as Record<string, unknown>)["protocol"], undefined);
});
