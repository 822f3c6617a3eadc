import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeStoredMessage } from "./stored-message.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const MESSAGE = { seq: 7, time: "2026-01-02T03:04:05.678901234Z" };

test("a stored value comes with its revision and the broker's time in whole milliseconds", () => {
  const { header, ...entry } = decodeStoredMessage("web1", { ...MESSAGE, data: base64("one") });
  assert.equal(header("Fleet-Session"), undefined);
  assert.deepEqual(entry, {
    key: "web1",
    value: new Uint8Array(Buffer.from("one")),
    revision: 7,
    operation: "put",
    storedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  });
});

test("a delete marker has no value, and is told by its header wherever that stands", () => {
  const blocks = [
    "NATS/1.0\r\nKV-Operation: DEL\r\n\r\n",
    "NATS/1.0\r\nFleet-Session: KV-Operation: PUT\r\nKV-Operation:DEL\r\n\r\n",
  ];
  for (const block of blocks) {
    const entry = decodeStoredMessage("web1", { ...MESSAGE, hdrs: base64(block) });
    assert.deepEqual([entry.operation, entry.value.length], ["delete", 0]);
  }
});

test("a message with other headers only is a put", () => {
  const hdrs = base64("NATS/1.0\r\nNot-KV-Operation: DEL\r\nFleet-Session: x\r\n\r\n");
  const entry = decodeStoredMessage("web1", { ...MESSAGE, hdrs });
  assert.deepEqual([entry.operation, entry.header("Fleet-Session"), entry.header("Session")], ["put", "x", undefined]);
});
