import assert from "node:assert/strict";
import { test } from "node:test";
import { peelCountDocument, renderPeelCount } from "./peel-count-report.ts";
import type { FoundCount } from "./presence-reading.ts";

const counted: FoundCount = {
  source: "master",
  asOf: Date.UTC(2026, 0, 2),
  blindness: undefined,
  groups: [
    { value: "0.2.0", states: [10, 1, 2, 1] },
    { value: undefined, states: [0, 0, 3, 0] },
  ],
  merged: 0,
};
const byState: FoundCount = {
  ...counted,
  groups: [
    { value: "online", states: [3, 0, 0, 0] },
    { value: "offline", states: [0, 0, 12, 0] },
  ],
};

test("a count by state tells how many are in each, and in all", () => {
  assert.equal(renderPeelCount(byState, "state"), "STATE    PEELS\nonline   3\noffline  12\ntotal    15");
});

test("a count by anything else tells how many of a group beat", () => {
  const lines = ["VERSION  PEELS  ONLINE  OFFLINE", "0.2.0    14     12      2", "-        3      0       3"];
  assert.deepEqual(renderPeelCount(counted, "version").split("\n"), lines);
  assert.match(renderPeelCount(counted, "label:role"), /^ROLE {3}PEELS/);
  assert.match(renderPeelCount({ ...counted, merged: 7 }, "version"), /\n\(7 others\) {2}3 /);
});

test("a count for programs has every member", () => {
  assert.deepEqual(peelCountDocument(counted, "version"), {
    schema_version: 1,
    source: "master",
    as_of: "2026-01-02T00:00:00.000Z",
    valid: true,
    blindness: null,
    by: "version",
    total: 17,
    online: 12,
    groups: [
      { value: "0.2.0", peels: 14, online: 12, states: { online: 10, late: 1, offline: 2, conflict: 1 } },
      { value: null, peels: 3, online: 0, states: { online: 0, late: 0, offline: 3, conflict: 0 } },
    ],
    merged_groups: 0,
  });
});
