import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import {
  decodePingReply,
  encodePingReply,
  PING_REPLY_MAX_BYTES,
  type PingReply,
  peelPingSubject,
  peelPongSubject,
} from "./ping-codec.ts";

/** The bytes were put together by hand from the MessagePack specification, not by this package's encoder. */
const REPLY: PingReply = {
  session: "2ixx3TkmgRC7cAEe2ThqEkh9cqL",
  version: "0.1.0",
  uptimeMs: 123_456,
  status: "degraded",
  sentAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
};
const REPLY_HEX =
  "85a773657373696f6ebb3269787833546b6d675243376341456532546871456b683963714c" +
  "a776657273696f6ea5302e312e30a9757074696d655f6d73ce0001e240a6737461747573a86465677261646564" +
  "a27473d7ffa1a5d600695735a5";

function decoded(map: Record<string, unknown>): PingReply {
  const result = decodePingReply(encode(map));
  assert.ok(result.ok, `refused: ${result.ok || result.reason}`);
  return result.value;
}

function reasonFor(bytes: Uint8Array): string {
  const result = decodePingReply(bytes);
  return result.ok ? "taken" : result.reason;
}

test("a peel is pinged, and answers, on subjects of its own", () => {
  assert.equal(peelPingSubject("web_1"), "fleet.peel.web_1.ping");
  assert.equal(peelPongSubject("web_1", "asker.7"), "fleet.peel.web_1.pong.asker.7");
});

test("a reply has exactly the bytes that the protocol asks for", () => {
  assert.equal(Buffer.from(encodePingReply(REPLY)).toString("hex"), REPLY_HEX);
  assert.deepEqual(decodePingReply(Buffer.from(REPLY_HEX, "hex")), { ok: true, value: REPLY });
});

test("the uptime is written in whole milliseconds", () => {
  const bytes = encodePingReply({ ...REPLY, uptimeMs: 123_455.7 });
  assert.deepEqual(decodePingReply(bytes), { ok: true, value: REPLY });
});

test("a reply needs nothing but the session", () => {
  const bare = { session: "a", version: "", uptimeMs: 0, status: "unknown", sentAt: 0 };
  assert.deepEqual(decoded({ session: "a" }), bare);
  assert.deepEqual(decoded({ session: "a", version: null, uptime_ms: null, status: null, ts: null }), bare);
});

test("what a newer peel says more, and a status that is not known here, is no reason to refuse its reply", () => {
  const newer = { session: "a", version: "9.0.0", uptime_ms: 5, status: "starting", load: [0.5], ts: new Date(7) };
  assert.deepEqual(decoded(newer), { session: "a", version: "9.0.0", uptimeMs: 5, status: "unknown", sentAt: 7 });
  for (const status of ["ok", "degraded", "down"]) assert.equal(decoded({ session: "a", status }).status, status);
  assert.equal(decoded({ session: "a", status: "constructor" }).status, "unknown");
});

test("a field of the wrong type and a number that nobody can mean refuse the reply as a schema error", () => {
  for (const map of [{}, { session: "" }, { session: null }, { session: 7 }]) {
    assert.equal(reasonFor(encode(map)), "schema", JSON.stringify(map));
  }
  const wrong: Record<string, unknown>[] = [
    { version: 1 },
    { uptime_ms: "5" },
    { uptime_ms: -1 },
    { uptime_ms: 0.5 },
    { status: 1 },
    { ts: 1_767_323_045 },
  ];
  for (const map of wrong) assert.equal(reasonFor(encode({ session: "a", ...map })), "schema", JSON.stringify(map));
});

test("a reply of the largest size is taken and one byte more is refused", () => {
  const replyOf = (size: number) => {
    const frame = encode({ session: "a", version: "v".repeat(500) }).length - 500;
    return encode({ session: "a", version: "v".repeat(size - frame) });
  };
  assert.equal(replyOf(PING_REPLY_MAX_BYTES).length, PING_REPLY_MAX_BYTES);
  assert.equal(reasonFor(replyOf(PING_REPLY_MAX_BYTES)), "taken");
  assert.equal(reasonFor(replyOf(PING_REPLY_MAX_BYTES + 1)), "oversize");
});
