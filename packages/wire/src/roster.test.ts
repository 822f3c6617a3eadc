import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { decodeRosterRecord, encodeRosterRecord, type RosterRecord } from "./roster.ts";

const RECORD: RosterRecord = {
  state: "offline",
  reason: "crashed",
  since: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  session: "s1",
  version: "0.1.0",
  protocol: 1,
  term: 7,
};

test("a record comes back as it was", () => {
  for (const record of [RECORD, { ...RECORD, rival: "s2", mass: true }]) {
    assert.deepEqual(decodeRosterRecord(encodeRosterRecord(record)), { ok: true, value: record });
  }
});

test("a time that no clock shows is refused", () => {
  // A timestamp of 96 bits with the most seconds it can have.
  const since = Buffer.from("c70cff000000007fffffffffffffff", "hex");
  const record = encode({ state: "offline", reason: "crashed", since: 0 });
  assert.equal(record.at(-1), 0);
  assert.deepEqual(decodeRosterRecord(Buffer.concat([record.subarray(0, -1), since])), { ok: false, reason: "schema" });
});
