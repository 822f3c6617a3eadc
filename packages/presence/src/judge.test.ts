import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, type Verdict } from "./judge.ts";
import type { PeelEvidence } from "./peel-entry.ts";

const TTL_MS = 30_000;
const HEARD = 100_000;

const healthy: PeelEvidence = {
  heardMono: HEARD,
  intervalMs: 10_000,
  rival: undefined,
  interleaved: false,
  left: false,
  absences: 0,
};
const rival = { session: "b", seq: 4, heardMono: HEARD - 1_000, before: undefined };

const table: [what: string, changes: Partial<PeelEvidence>, agoMs: number, state: string, dueAgoMs: number][] = [
  ["just heard", {}, 0, "online", 12_000],
  ["a moment before it is overdue", {}, 11_999, "online", 12_000],
  ["overdue by a fifth of its interval", {}, 12_000, "late", 30_000],
  ["a moment before its beat expires", {}, 29_999, "late", 30_000],
  ["a TTL after its beat", {}, 30_000, "offline expired", Number.POSITIVE_INFINITY],
  ["without an interval of its own", { intervalMs: 0 }, 11_999, "online", 12_000],
  ["with an interval longer than the TTL", { intervalMs: 60_000 }, 29_999, "online", 30_000],
  ["never heard", { heardMono: Number.NEGATIVE_INFINITY }, 0, "offline expired", Number.POSITIVE_INFINITY],
  ["found gone once", { absences: 1 }, 13_000, "late", 30_000],
  ["found gone twice", { absences: 2 }, 13_000, "offline crashed", Number.POSITIVE_INFINITY],
  ["found gone twice and expired since", { absences: 2 }, 30_000, "offline expired", Number.POSITIVE_INFINITY],
  ["after its goodbye", { left: true }, 0, "offline left", Number.POSITIVE_INFINITY],
  [
    "after its goodbye, whatever else is known",
    { left: true, absences: 2 },
    40_000,
    "offline left",
    Number.POSITIVE_INFINITY,
  ],
  ["restarted", { rival }, 0, "online", 12_000],
  ["beside another session", { rival, interleaved: true }, 0, "conflict", 19_000],
  [
    "beside another session that was last heard two intervals ago",
    { rival, interleaved: true },
    19_001,
    "late",
    30_000,
  ],
];

for (const [what, changes, agoMs, expected, dueAgoMs] of table) {
  test(`a peel ${what} is ${expected}`, () => {
    const verdict: Verdict = judge({ ...healthy, ...changes }, HEARD + agoMs, TTL_MS);
    assert.equal([verdict.state, verdict.reason].filter(Boolean).join(" "), expected);
    assert.equal(verdict.dueMono, HEARD + dueAgoMs);
  });
}
