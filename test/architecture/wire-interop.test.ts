import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFacts, decodeHeartbeat, encodeFacts, encodeHeartbeat, type Heartbeat } from "@fleet/wire";
import msgpack from "@ygoe/msgpack";
import fc from "fast-check";

/*
 * Peels of another make write and read the same records: what we write must be MessagePack as anybody reads it, not
 * only as our own decoder does. @ygoe/msgpack shares no code with the implementation in use.
 */

/** Largest time of a timestamp 96 that both sides hold exactly. */
const LATEST = Date.UTC(9999, 11, 31);

const beat: fc.Arbitrary<Heartbeat> = fc.record(
  {
    sentAt: fc.integer({ min: 1, max: LATEST }),
    version: fc.string({ unit: "grapheme", maxLength: 40 }),
    protocol: fc.nat(),
    session: fc.stringMatching(/^[0-9A-Za-z]{27}$/),
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    intervalMs: fc.integer({ min: 1, max: 2 ** 31 }),
    ping: fc.boolean(),
  },
  { requiredKeys: ["sentAt", "version", "protocol"], noNullPrototype: true },
);

function asRecord({ sentAt, intervalMs, ...rest }: Heartbeat): Record<string, unknown> {
  return { ts: new Date(sentAt), ...rest, ...(intervalMs !== undefined && { interval_ms: intervalMs }) };
}

test("a beat that we write is read by another MessagePack implementation, field by field", () => {
  fc.assert(fc.property(beat, (given) => assert.deepEqual(msgpack.decode(encodeHeartbeat(given)), asRecord(given))));
});

test("a beat that another MessagePack implementation writes is read by us", () => {
  fc.assert(
    fc.property(beat, (given) => {
      assert.deepEqual(decodeHeartbeat(msgpack.encode(asRecord(given))), { ok: true, value: given });
    }),
  );
});

test("a small beat has the same bytes, whoever writes it", () => {
  for (const sentAt of [1_000, Date.UTC(2026, 0, 2, 3, 4, 5), Date.UTC(2026, 0, 2, 3, 4, 5, 678), LATEST]) {
    const given = { sentAt, version: "0.1.0", protocol: 1 };
    assert.deepEqual(Buffer.from(encodeHeartbeat(given)), Buffer.from(msgpack.encode(asRecord(given))));
  }
});

test("facts pass both ways, whatever they hold", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 30 });
  const name = text.filter((key) => key !== "__proto__");
  const { facts } = fc.letrec((tie) => ({
    facts: fc.dictionary(name, tie("value"), { maxKeys: 6, noNullPrototype: true }),
    value: fc.oneof(
      { maxDepth: 3 },
      fc.oneof(text, fc.maxSafeInteger(), fc.boolean(), fc.constant(null)),
      fc.double({ noNaN: true }).filter((number) => !Number.isInteger(number)),
      fc.array(tie("value"), { maxLength: 6 }),
      tie("facts"),
    ),
  }));
  fc.assert(
    fc.property(facts, (given) => {
      const map = given as Record<string, unknown>;
      assert.deepEqual(msgpack.decode(encodeFacts(map)), map);
      assert.deepEqual(decodeFacts(msgpack.encode(map)), { ok: true, value: map });
    }),
  );
});
