import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { beatPhaseMs, nextBeatMono } from "@fleet/presence";
import * as fc from "fast-check";
import { createBeatOrder } from "./beat-order.ts";
import { createPeelNames } from "./peel-names.ts";
import { createSwarmSchedule } from "./swarm-schedule.ts";

function createScene(count: number, intervalMs: number) {
  const { names, phasesMs } = createBeatOrder({ count, names: createPeelNames("swarm-", count), intervalMs });
  const { idOf } = names;
  const schedule = createSwarmSchedule({ phasesMs, intervalMs });
  const advance = (untilMs: number) => {
    const visits: [number, number][] = [];
    const skipped = schedule.advance(untilMs, (peel, dueMs) => visits.push([peel, dueMs]));
    return { visits, skipped };
  };
  return { idOf, schedule, advance };
}

describe("the schedule of a swarm", () => {
  it("gives every peel the beats that it would have alone, in order of time, however it is looked at", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 100, max: 60_000 }),
        fc.array(fc.double({ min: 0, max: 1.5, noNaN: true }), { maxLength: 20 }),
        (count, intervalMs, steps) => {
          const { idOf, schedule, advance } = createScene(count, intervalMs);
          const seen: [number, number][] = [];
          let nowMs = 0;
          for (const step of steps) {
            nowMs += step * intervalMs;
            const { visits, skipped } = advance(nowMs);
            assert.equal(skipped, 0);
            seen.push(...visits);
          }
          assert.deepEqual(
            seen.map(([, dueMs]) => dueMs),
            seen.map(([, dueMs]) => dueMs).sort((a, b) => a - b),
          );
          for (let peel = 0; peel < count; peel += 1) {
            const options = { originMono: 0, phaseMs: beatPhaseMs(idOf(peel), intervalMs), intervalMs };
            const expected: number[] = [];
            let dueMs = options.phaseMs;
            while (dueMs <= nowMs) {
              expected.push(dueMs);
              assert.equal(schedule.nextMs(peel, dueMs), nextBeatMono({ ...options, afterMono: dueMs }));
              dueMs = nextBeatMono({ ...options, afterMono: dueMs });
            }
            if (steps.length === 0) continue;
            assert.deepEqual(
              seen.filter(([other]) => other === peel).map(([, due]) => due),
              expected,
            );
          }
        },
      ),
    );
  });

  it("leaves out whole rounds after a long pause, and says how many", () => {
    const { advance } = createScene(100, 1_000);
    advance(1_500);
    const { visits, skipped } = advance(3_600_500);
    assert.ok(skipped >= 3_596, `${skipped}`);
    assert.ok(visits.length <= 300, `${visits.length}`);
    const later = advance(3_601_500);
    assert.deepEqual([later.visits.length, later.skipped], [100, 0]);
  });

  it("spreads a fleet evenly over the interval", () => {
    const { advance } = createScene(100_000, 10_000);
    for (let second = 1; second <= 10; second += 1) {
      const { length } = advance(second * 1_000).visits;
      assert.ok(Math.abs(length - 10_000) < 500, `${length} in second ${second}`);
    }
  });
});
