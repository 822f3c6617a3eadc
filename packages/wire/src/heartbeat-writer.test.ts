import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { encodeHeartbeat } from "./heartbeat-codec.ts";
import { createHeartbeatWriter } from "./heartbeat-writer.ts";

const SESSION = "2pGuqGpJ0Hk5mGkcqF3VqVb0W7Z";
const ASCII = Buffer.from(SESSION);

function assertSameBytes(
  constant: { version: string; protocol: number; intervalMs?: number; ping?: boolean },
  sentAt: number,
  seq: number,
  session: string = SESSION,
): void {
  const writer = createHeartbeatWriter({ ...constant, sessionLength: session.length });
  const written = writer.write(sentAt, Buffer.from(session), seq);
  assert.deepEqual(Buffer.from(written), Buffer.from(encodeHeartbeat({ ...constant, sentAt, session, seq })));
}

const CONSTANT = { version: "1.2.3", protocol: 1, intervalMs: 10_000 };

describe("the heartbeat writer", () => {
  const now = Date.UTC(2026, 10, 21, 7, 0, 0);
  const times = [
    0,
    1,
    999,
    1_000,
    now,
    now + 1,
    now + 999,
    now + 0.75,
    4_294_967_295_999,
    4_294_967_296_000,
    -1,
    2 ** 45,
  ];
  const counts = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
  for (const sentAt of times) {
    it(`writes the codec's bytes at time ${sentAt}, whatever the count`, () => {
      for (const seq of counts) assertSameBytes(CONSTANT, sentAt, seq);
    });
  }

  it("writes the codec's bytes for beats of every kind", () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            version: fc.string({ maxLength: 300 }),
            protocol: fc.nat(),
            intervalMs: fc.oneof(fc.nat(), fc.double({ min: 0.1, max: 1e9, noNaN: true })),
            ping: fc.boolean(),
          },
          { requiredKeys: ["version", "protocol"] },
        ),
        fc.integer({ min: 0, max: 5_000_000_000_000 }),
        fc.oneof(fc.nat(), fc.nat({ max: 300 }), fc.maxSafeNat()),
        fc.stringMatching(/^[0-9A-Za-z]{27}$/),
        (constant, sentAt, seq, session) => assertSameBytes(constant, sentAt, seq, session),
      ),
    );
  });

  it("is not misled by a version that looks like a session", () => {
    assertSameBytes({ ...CONSTANT, version: `0${"0".repeat(27)}0` }, now, 7);
  });

  it("leaves beats as they are that it has written before", () => {
    const writer = createHeartbeatWriter({ ...CONSTANT, sessionLength: ASCII.length });
    const beats = Array.from({ length: 2_000 }, (_, index) => writer.write(now + index, ASCII, index));
    beats.forEach((beat, index) => {
      const expected = encodeHeartbeat({ ...CONSTANT, sentAt: now + index, session: SESSION, seq: index });
      assert.deepEqual(Buffer.from(beat), Buffer.from(expected));
    });
  });
});
