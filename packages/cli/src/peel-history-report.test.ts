import assert from "node:assert/strict";
import { test } from "node:test";
import type { RosterRecord } from "@fleet/wire";
import { historyDocument, renderHistory, reportHistory } from "./peel-history-report.ts";

const NOW = Date.UTC(2026, 0, 2, 12);
const HOUR_MS = 3_600_000;
const record = (hoursAgo: number, changes: Partial<RosterRecord>): RosterRecord => ({
  state: "online",
  reason: "returned",
  since: NOW - hoursAgo * HOUR_MS,
  version: "0.1.0",
  protocol: 1,
  term: 7,
  ...changes,
});
const report = (records: readonly RosterRecord[], windowMs = 24 * HOUR_MS) =>
  reportHistory("web-1", { records, brokerNow: NOW, malformed: 0 }, windowMs);

const records = [
  record(8, { reason: "joined", session: "s1" }),
  record(2, { state: "offline", reason: "expired", mass: true, session: "s1" }),
  record(1, { state: "conflict", reason: "conflict", session: "s2", rival: "s3", version: "" }),
];

test("a history is told from its end, with the availability of the time that is known", () => {
  assert.deepEqual(renderHistory(report(records)).split("\n"), [
    "SINCE                     STATE     REASON                  FOR     VERSION  SESSION",
    "2026-01-02T11:00:00.000Z  conflict  conflict                1h0m0s  -        s2 and s3",
    "2026-01-02T10:00:00.000Z  offline   expired (many at once)  1h0m0s  0.1.0    s1",
    "2026-01-02T04:00:00.000Z  online    joined                  6h0m0s  0.1.0    s1",
    "",
    "Online for 87.5% of the last 8h0m0s; known since 2026-01-02T04:00:00.000Z.",
  ]);
});

const parts: readonly [string, readonly RosterRecord[], string][] = [
  ["all of it", [record(48, {})], "Online for 100% of the last 24h0m0s."],
  ["none of it", [record(48, { state: "offline" })], "Online for 0% of the last 24h0m0s."],
  [
    "nearly all of it",
    [record(48, {}), record(0.000_3, { state: "offline" })],
    "Online for 99.99% of the last 24h0m0s.",
  ],
  [
    "hardly any of it",
    [record(48, { state: "offline" }), record(0.000_3, {})],
    "Online for 0.01% of the last 24h0m0s.",
  ],
  ["what is not known", [record(-1, {})], "Nothing is known of that time."],
];
for (const [name, given, line] of parts) {
  test(`being here for ${name} is told as "${line}"`, () => {
    assert.equal(renderHistory(report(given)).split("\n").at(-1), line);
  });
}

test("a history for programs has every member, the oldest first", () => {
  assert.deepEqual(historyDocument(report(records.slice(0, 2))), {
    schema_version: 1,
    id: "web-1",
    transitions: [
      {
        state: "online",
        reason: "joined",
        since: "2026-01-02T04:00:00.000Z",
        duration_seconds: 21_600,
        version: "0.1.0",
        session: "s1",
        rival: null,
        mass: false,
        term: 7,
      },
      {
        state: "offline",
        reason: "expired",
        since: "2026-01-02T10:00:00.000Z",
        duration_seconds: 7_200,
        version: "0.1.0",
        session: "s1",
        rival: null,
        mass: true,
        term: 7,
      },
    ],
    availability: {
      window_seconds: 86_400,
      known_since: "2026-01-02T04:00:00.000Z",
      complete: false,
      online_seconds: 21_600,
      ratio: 0.75,
    },
  });
});
