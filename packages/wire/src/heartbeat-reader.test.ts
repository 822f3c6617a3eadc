import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { decodeHeartbeat, encodeHeartbeat, type Heartbeat } from "./heartbeat-codec.ts";
import { createHeartbeatReader } from "./heartbeat-reader.ts";

const BEAT: Heartbeat = {
  sentAt: Date.UTC(2026, 10, 21, 7, 0, 0, 5),
  version: "1.2.3",
  protocol: 1,
  session: "2pGuqGpJ0Hk5mGkcqF3VqVb0W7Z",
  seq: 1,
  intervalMs: 10_000,
  ping: true,
};

/** Beats as peels of a few kinds write them, so that layouts come again. */
const beats = fc.record(
  {
    sentAt: fc.oneof(
      fc.integer({ min: 0, max: 5_000_000_000_000 }),
      fc.constantFrom(0, 1, 999, 1_000, 4_294_967_296_001),
    ),
    version: fc.constantFrom("1.2.3", "1.2.4", "", "é", "0".repeat(27)),
    protocol: fc.constantFrom(1, 2),
    session: fc.oneof(
      fc.stringMatching(/^[0-9A-Za-z]{27}$/),
      fc.constantFrom("", "é".repeat(13), "0".repeat(27), "\u0000".repeat(27)),
    ),
    seq: fc.oneof(fc.nat(), fc.nat({ max: 300 }), fc.maxSafeNat()),
    intervalMs: fc.constantFrom(10_000, 10_000.5, 0),
    ping: fc.boolean(),
  },
  { requiredKeys: ["sentAt", "version", "protocol"] },
);

describe("the heartbeat reader", () => {
  it("gives what the codec gives, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(beats, { maxLength: 60 }), (sent) => {
        const reader = createHeartbeatReader();
        let expected: string | undefined;
        for (const beat of sent) {
          const bytes = encodeHeartbeat(beat);
          assert.deepEqual(reader.read(bytes, expected), decodeHeartbeat(bytes));
          expected = beat.session;
        }
      }),
    );
  });

  it("gives what the codec gives for bytes that are nearly those of a beat", () => {
    const whole = encodeHeartbeat({ ...BEAT, seq: 70_000 });
    const reader = createHeartbeatReader();
    reader.read(whole);
    for (let at = 0; at < whole.length; at += 1) {
      for (const byte of [0, 1, 0x7f, 0x80, 0xcc, 0xcd, 0xce, 0xcf, 0xd6, 0xd7, 0xff]) {
        const changed = Uint8Array.from(whole);
        changed[at] = byte;
        const wanted = decodeHeartbeat(changed);
        assert.deepEqual(reader.read(changed), wanted, `byte ${at} is ${byte}`);
        assert.deepEqual(reader.read(changed, BEAT.session), wanted, `byte ${at} is ${byte}`);
      }
      const cut = whole.subarray(0, at);
      assert.deepEqual(reader.read(cut), decodeHeartbeat(cut), `the first ${at} bytes`);
    }
    const longer = Buffer.concat([whole, Buffer.of(0xc0)]);
    assert.deepEqual(reader.read(longer), decodeHeartbeat(longer));
  });

  it("reads beats of another make, with their keys in another order", () => {
    const reader = createHeartbeatReader();
    const { session, seq, protocol, version, sentAt } = BEAT;
    for (let count = 0; count < 3; count += 1) {
      const bytes = encode({ session, protocol, ts: new Date(sentAt), seq: (seq ?? 0) + count, version });
      assert.deepEqual(reader.read(bytes), decodeHeartbeat(bytes));
    }
  });
});
