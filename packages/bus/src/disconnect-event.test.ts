import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeDisconnectEvent } from "./disconnect-event.ts";

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** As nats-server 2.10.27 wrote it. */
const EVENT = {
  type: "io.nats.server.advisory.v1.client_disconnect",
  id: "9uKBEOFQAQDiQPTu6g4Yp2",
  timestamp: "2026-11-21T07:16:46.509466966Z",
  server: {
    name: "fleet-27947",
    host: "127.0.0.1",
    id: "NDGALMSSJ6XAOPT37UI7XBUEAKMCZGJXAYQV2TGHGGEF6ZU6EUDMGLB2",
    ver: "2.10.27",
    jetstream: true,
    flags: 3,
    seq: 21,
    time: "2026-11-21T07:16:46.509494097Z",
  },
  client: {
    start: "2026-11-21T07:16:46.50778566Z",
    host: "127.0.0.1",
    id: 8,
    acc: "FLEET",
    user: "fleet",
    name: "peel:web1:2ixx3TkmgRC7cAEe2ThqEkh9cqL",
    lang: "nats.js",
    ver: "2.29.3",
    rtt: 738_000,
    stop: "2026-11-21T07:16:46.509466966Z",
    kind: "Client",
    client_type: "nats",
  },
  sent: { msgs: 0, bytes: 0 },
  received: { msgs: 0, bytes: 0 },
  reason: "Client Closed",
};

test("an event tells whose connection ended, when and why", () => {
  assert.deepEqual(decodeDisconnectEvent(bytesOf(EVENT)), {
    clientName: "peel:web1:2ixx3TkmgRC7cAEe2ThqEkh9cqL",
    reason: "Client Closed",
    endedAt: Date.UTC(2026, 10, 21, 7, 16, 46, 509),
  });
});

test("what is not told is left empty", () => {
  assert.deepEqual(decodeDisconnectEvent(bytesOf({ client: {} })), { clientName: "", reason: "", endedAt: undefined });
  const odd = { client: { name: 7, stop: "yesterday" }, reason: { text: "x" } };
  assert.deepEqual(decodeDisconnectEvent(bytesOf(odd)), { clientName: "", reason: "", endedAt: undefined });
});

test("what is no event is none: other JSON, no JSON, nothing, or too much of it", () => {
  for (const value of [null, 1, "x", [], {}, { client: null }, { client: "peel" }]) {
    assert.equal(decodeDisconnectEvent(bytesOf(value)), undefined, JSON.stringify(value));
  }
  const cutOff = bytesOf(EVENT).subarray(0, 100);
  for (const bytes of [new Uint8Array(), cutOff, Uint8Array.of(0xff, 0xfe)]) {
    assert.equal(decodeDisconnectEvent(bytes), undefined);
  }
  assert.equal(decodeDisconnectEvent(bytesOf({ ...EVENT, padding: "x".repeat(70_000) })), undefined);
});

test("no bytes and no JSON make it throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeDisconnectEvent(bytes)));
  fc.assert(fc.property(fc.json(), (json) => void decodeDisconnectEvent(new TextEncoder().encode(json))));
  fc.assert(fc.property(fc.jsonValue(), (client) => void decodeDisconnectEvent(bytesOf({ client }))));
});
