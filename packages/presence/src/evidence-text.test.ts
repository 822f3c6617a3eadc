import assert from "node:assert/strict";
import { test } from "node:test";
import { describeEvidence } from "./evidence-text.ts";
import { PeelEntry } from "./peel-entry.ts";

const healthy: Partial<PeelEntry> = { heardMono: 95_000, seq: 7, intervalMs: 10_000, state: "online", told: "online" };
const LAST_BEAT = "last beat 5s ago (number 7 of its session); it counts for 30s";

const table: [what: string, changes: Partial<PeelEntry>, expected: readonly string[]][] = [
  ["is online", {}, [LAST_BEAT]],
  ["counts nothing", { seq: 0 }, ["last beat 5s ago; it counts for 30s"]],
  ["was never heard", { heardMono: Number.NEGATIVE_INFINITY }, ["no beat was heard since this master began"]],
  ["left", { left: true }, [LAST_BEAT, "its session said goodbye"]],
  ["crashed", { absences: 2 }, [LAST_BEAT, "its connection was found gone 2 time(s) since that beat"]],
  [
    "has two processes",
    { rival: { session: "b", seq: 1, heardMono: 97_000, before: undefined } },
    [LAST_BEAT, "session b beats under the same id, last 3s ago"],
  ],
  ["had two", { rival: { session: "b", seq: 1, heardMono: 60_000, before: undefined } }, [LAST_BEAT]],
  ["expired", { told: "offline", reason: "expired" }, [LAST_BEAT, "no beat came for a whole TTL"]],
  [
    "is late and cannot be probed",
    { state: "late" },
    [LAST_BEAT, "a beat is overdue: it means to beat every 10s", "it cannot be probed"],
  ],
  [
    "is late and was probed",
    { state: "late", pingable: true, probed: true },
    [LAST_BEAT, "a beat is overdue: it means to beat every 10s", "it was probed, which showed nothing against it"],
  ],
];

for (const [what, changes, expected] of table) {
  test(`the evidence of a peel that ${what}`, () => {
    const entry = Object.assign(new PeelEntry("web1"), healthy, changes);
    assert.deepEqual(describeEvidence(entry, 100_000, 30_000), expected);
  });
}
