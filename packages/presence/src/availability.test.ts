import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RosterRecord } from "@fleet/wire";
import fc from "fast-check";
import { availabilityOf, spellsOf } from "./availability.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 0, 2);

/** A transition so many hours ago. */
function turned(hoursAgo: number, state: RosterRecord["state"]): RosterRecord {
  const reason = state === "offline" ? "expired" : state === "online" ? "returned" : "conflict";
  return { state, reason, since: NOW - hoursAgo * HOUR_MS, version: "", protocol: 1, term: 1 };
}

describe("the availability of a peel over 24 hours", () => {
  const cases: readonly [
    string,
    readonly RosterRecord[],
    { known: number; online: number; ratio: number | undefined },
  ][] = [
    ["of which nothing is known is unknown", [], { known: 0, online: 0, ratio: undefined }],
    ["that was always here is 1", [turned(48, "online")], { known: 24, online: 24, ratio: 1 }],
    ["that was never here is 0", [turned(48, "offline")], { known: 24, online: 0, ratio: 0 }],
    ["counts from when it is known", [turned(6, "online")], { known: 6, online: 6, ratio: 1 }],
    [
      "leaves out when it was away",
      [turned(48, "online"), turned(6, "offline")],
      { known: 24, online: 18, ratio: 0.75 },
    ],
    [
      "counts what is within these hours",
      [turned(30, "offline"), turned(12, "online")],
      { known: 24, online: 12, ratio: 0.5 },
    ],
    [
      "counts a conflict as being here",
      [turned(8, "online"), turned(4, "conflict")],
      { known: 8, online: 8, ratio: 1 },
    ],
    [
      "adds up several times",
      [turned(40, "online"), turned(20, "offline"), turned(18, "online"), turned(2, "offline"), turned(1, "online")],
      { known: 24, online: 21, ratio: 21 / 24 },
    ],
    [
      "counts no time twice where clocks disagree",
      [turned(10, "online"), turned(5, "offline"), turned(6, "online")],
      { known: 10, online: 10, ratio: 1 },
    ],
    [
      "is unknown where all that is known is yet to come",
      [turned(-1, "online")],
      { known: 0, online: 0, ratio: undefined },
    ],
  ];
  for (const [name, records, { known, online, ratio }] of cases) {
    test(name, () => {
      const found = availabilityOf(spellsOf(records, NOW), NOW, 24 * HOUR_MS);
      assert.deepEqual([found.untilAt - found.fromAt, found.onlineMs], [known * HOUR_MS, online * HOUR_MS]);
      assert.equal(found.ratio, ratio);
      assert.equal(found.complete, known === 24);
    });
  }

  test("is between 0 and 1, whatever the clocks of masters say", () => {
    const record = fc.record({ hours: fc.integer({ min: -50, max: 50 }), online: fc.boolean() });
    fc.assert(
      fc.property(fc.array(record), (given) => {
        const records = given.map(({ hours, online }) => turned(hours, online ? "online" : "offline"));
        const { ratio, fromAt, untilAt, onlineMs } = availabilityOf(spellsOf(records, NOW), NOW, 24 * HOUR_MS);
        assert.ok(fromAt >= NOW - 24 * HOUR_MS && fromAt <= untilAt && untilAt === NOW);
        assert.ok(onlineMs >= 0 && onlineMs <= untilAt - fromAt);
        if (ratio !== undefined) assert.ok(ratio >= 0 && ratio <= 1);
      }),
    );
  });
});

test("a spell lasts until the next one, and the last one until now", () => {
  const records = [turned(3, "online"), turned(2, "offline"), turned(2.5, "online")];
  assert.deepEqual(
    spellsOf(records, NOW).map(({ fromAt, untilAt }) => [(NOW - fromAt) / HOUR_MS, (NOW - untilAt) / HOUR_MS]),
    [
      [3, 2],
      [2, 2],
      [2, 0],
    ],
  );
});
