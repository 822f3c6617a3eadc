import assert from "node:assert/strict";
import { test } from "node:test";
import type { RosterRecord } from "@fleet/wire";
import { describeNews, newsDocument } from "./transition-line.ts";

const record: RosterRecord = {
  state: "offline",
  reason: "crashed",
  since: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  session: "s1",
  version: "0.1.0",
  protocol: 1,
  term: 7,
};

test("a change is a line", () => {
  assert.equal(describeNews({ id: "web-1", record }), "2026-01-02T03:04:05.678Z web-1 is offline (crashed)");
  const mass = { ...record, reason: "expired", mass: true } as const;
  assert.match(describeNews({ id: "web-1", record: mass }), /\(expired, many at once\)$/);
  assert.equal(describeNews({ id: "web-1", record: undefined }), "web-1 was forgotten");
});

test("a change is a document with every member", () => {
  assert.deepEqual(newsDocument({ id: "web-1", record }), {
    schema_version: 1,
    id: "web-1",
    state: "offline",
    reason: "crashed",
    since: "2026-01-02T03:04:05.678Z",
    version: "0.1.0",
    session: "s1",
    rival: null,
    mass: false,
    term: 7,
    forgotten: false,
  });
  const forgotten = { schema_version: 1, id: "web-1", state: null, forgotten: true };
  assert.deepEqual(newsDocument({ id: "web-1", record: undefined }), forgotten);
});
