import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { type Decoded, MALFORMED_REASONS } from "./decoded.ts";
import { decodeFacts, FACTS_MAX_BYTES, factText } from "./facts-codec.ts";
import { decodeHeartbeat, encodeHeartbeat, HEARTBEAT_MAX_BYTES } from "./heartbeat-codec.ts";
import { decodePeelPage, PEEL_PAGE_MAX_BYTES } from "./peel-page-codec.ts";
import { decodePingReply, PING_REPLY_MAX_BYTES } from "./ping-codec.ts";
import { decodePeelDetail, PEEL_DETAIL_MAX_BYTES } from "./presence-answer.ts";
import { decodeCountQuery, decodeListQuery, PRESENCE_QUERY_MAX_BYTES } from "./presence-query.ts";
import { decodeTerm, TERM_MAX_BYTES } from "./term-codec.ts";

const DECODERS: ReadonlyArray<readonly [(bytes: Uint8Array) => Decoded<unknown>, number]> = [
  [decodeHeartbeat, HEARTBEAT_MAX_BYTES],
  [decodeFacts, FACTS_MAX_BYTES],
  [decodeTerm, TERM_MAX_BYTES],
  [decodePingReply, PING_REPLY_MAX_BYTES],
  [decodeListQuery, PRESENCE_QUERY_MAX_BYTES],
  [decodeCountQuery, PRESENCE_QUERY_MAX_BYTES],
  [decodePeelPage, PEEL_PAGE_MAX_BYTES],
  [decodePeelDetail, PEEL_DETAIL_MAX_BYTES],
];

/** Every decoder gives a value or a reason for these bytes, and what it gives can be shown and copied. */
function assertTotal(bytes: Uint8Array): void {
  for (const [decode, maxBytes] of DECODERS) {
    const result = decode(bytes);
    if (result.ok) {
      assert.ok(bytes.length > 0 && bytes.length <= maxBytes);
      JSON.stringify(result.value);
      structuredClone(result.value);
    } else {
      assert.ok(MALFORMED_REASONS.includes(result.reason), result.reason);
      assert.equal(result.reason === "oversize", bytes.length > maxBytes);
      assert.equal(result.reason === "empty", bytes.length === 0);
    }
  }
}

/** Bytes that look like MessagePack: heads of every type are far more frequent than in noise. */
const hostileBytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.integer({ min: 0x80, max: 0xdf }).map((head) => Uint8Array.of(head)),
      fc
        .constantFrom("dd01c9c380", "ddffffffff", "dfffffffff", "dbffffffff", "c9ffffffffff", "c70dff", "d6ff")
        .map(hex),
      fc.constantFrom("a95f5f70726f746f5f5f", "a27473", "a3736571", "cb7ff8000000000000", "ca7fc00000").map(hex),
      fc.constantFrom("c70cffffffffff7fffffffffffffff", "d7ffffffffffffffffff", "d38000000000000000").map(hex),
    ),
    { maxLength: 400 },
  )
  .map((parts) => Buffer.concat(parts));

function hex(text: string): Uint8Array {
  return Buffer.from(text, "hex");
}

/** Values that no writer means under the names that the decoders look at. */
const strangeValue = fc.oneof(
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.string(),
  fc.uint8Array({ maxLength: 9 }),
  fc.constantFrom(null, true, -1, 2 ** 53, new Date(-8.64e15), new Date(8.64e15), [[[]]], { ts: { ts: 1 } }),
);
const BEAT_FIELDS = [
  "ts",
  "version",
  "protocol",
  "session",
  "seq",
  "interval_ms",
  "ping",
  "os",
  "constructor",
  "uptime_ms",
  "status",
];
const strangeMap = fc.dictionary(fc.oneof(fc.constantFrom(...BEAT_FIELDS), fc.string()), strangeValue);

test("no bytes at all make a decoder throw", () => {
  fc.assert(
    fc.property(hostileBytes, (bytes) => assertTotal(bytes)),
    { numRuns: 3_000 },
  );
});

test("no change to the bytes of a valid beat makes a decoder throw", () => {
  const beat = encodeHeartbeat({
    sentAt: 1_767_323_045_678,
    version: "0.1.0",
    protocol: 1,
    session: "2ixx3TkmgRC7cAEe2ThqEkh9cqL",
    seq: 70_000,
    intervalMs: 10_000,
    ping: true,
  });
  const change = fc.tuple(fc.nat(beat.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = Uint8Array.from(beat);
      for (const [at, byte] of changes) changed[at] = byte;
      assertTotal(changed);
    }),
    { numRuns: 3_000 },
  );
});

test("no map of strange values makes a decoder throw, and a beat that is taken has only sound numbers", () => {
  fc.assert(
    fc.property(strangeMap, (map) => {
      const bytes = encode(map, { useBigInt64: true });
      assertTotal(bytes);
      const beat = decodeHeartbeat(bytes);
      if (!beat.ok) return;
      const { sentAt, protocol, seq = 1, intervalMs = 1 } = beat.value;
      for (const number of [sentAt, protocol, seq, intervalMs]) assert.ok(Number.isFinite(number) && number >= 0);
    }),
    { numRuns: 2_000 },
  );
});

test("sizes at the limits and beyond have a typed answer", () => {
  for (const size of [0, 1, HEARTBEAT_MAX_BYTES, HEARTBEAT_MAX_BYTES + 1, FACTS_MAX_BYTES, FACTS_MAX_BYTES + 1]) {
    for (const fill of [0x00, 0x80, 0x91, 0xc1, 0xdf, 0xff]) assertTotal(new Uint8Array(size).fill(fill));
  }
});

test("a decoder that has refused bytes takes good ones the next time", () => {
  for (const bad of ["dd01c9c380", "81a178", "c1", "81a95f5f70726f746f5f5f01"]) {
    assert.equal(decodeFacts(hex(bad)).ok, false);
    const good = decodeFacts(encode({ os: { arch: "x64" } }));
    assert.ok(good.ok);
    assert.equal(factText(good.value, "os", "arch"), "x64");
  }
});
