import assert from "node:assert/strict";
import { test } from "node:test";
import { createListedPeel } from "@fleet/presence/testing";
import { documentHead, peelMembers } from "./peel-document.ts";

const asOf = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const source = { source: "master", asOf, blindness: undefined } as const;

test("a document has every member for every peel, null where nothing is known", () => {
  const known = createListedPeel({
    id: "db-1",
    os: "linux",
    arch: "arm64",
    version: "0.1.0",
    state: "late",
    reason: "returned",
    sinceMs: 5_678,
    lastSeenMs: 499.4,
    labels: { role: "db" },
    session: "s1",
    intervalMs: 10_000,
    clockSkewMs: -1_500,
  });
  assert.deepEqual(
    [...peelMembers([known, createListedPeel({ id: "no-bucket" })], source)],
    [
      {
        id: "db-1",
        os: "linux",
        arch: "arm64",
        version: "0.1.0",
        online: true,
        last_seen_seconds: 0.499,
        state: "late",
        since: "2026-01-02T03:04:00.000Z",
        reason: "returned",
        labels: { role: "db" },
        session: "s1",
        interval_seconds: 10,
        clock_skew_seconds: -1.5,
      },
      {
        id: "no-bucket",
        os: null,
        arch: null,
        version: null,
        online: null,
        last_seen_seconds: null,
        state: null,
        since: null,
        reason: null,
        labels: {},
        session: null,
        interval_seconds: null,
        clock_skew_seconds: null,
      },
    ],
  );
});

test("a document says which version of it this is, who answered, and whether that is known for sure", () => {
  const head = { schema_version: 1, source: "master", as_of: "2026-01-02T03:04:05.678Z" };
  assert.deepEqual(documentHead(source), { ...head, valid: true, blindness: null });
  assert.deepEqual(documentHead({ ...source, blindness: "deaf" }), {
    ...head,
    valid: false,
    blindness: "deaf",
  });
});
