import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLossMeter } from "./loss-meter.ts";

const TIMES = { ttlMs: 30_000, intervalMs: 10_000 };

describe("losses are very many", () => {
  const table: [suspects: number, present: number, isMass: boolean][] = [
    [10, 10, false],
    [10, 20, false],
    [11, 20, true],
    [20, 100, false],
    [21, 100, true],
    [200_000, 1_000_000, false],
    [200_001, 1_000_000, true],
  ];
  for (const [suspects, present, isMass] of table) {
    it(`${isMass ? "where" : "not where"} ${suspects} of ${present} seem lost`, () => {
      assert.equal(createLossMeter(TIMES).isMass({ nowMono: 0, suspects, present }), isMass);
    });
  }

  it("together with those told within one TTL, and no longer", () => {
    const meter = createLossMeter(TIMES);
    for (let told = 0; told < 15; told += 1) meter.told(1_000 * told);
    const isMass = (nowMono: number) => meter.isMass({ nowMono, suspects: 6, present: 85 });
    assert.equal(isMass(14_000), true);
    assert.equal(isMass(28_000), true);
    assert.equal(isMass(60_000), false);
  });

  it("where the beats of one second, taken as a sample of an interval, are overdue", () => {
    const meter = createLossMeter(TIMES);
    for (let late = 0; late < 11; late += 1) meter.becameLate(5_000 + late);
    const isMass = (nowMono: number, present: number) => meter.isMass({ nowMono, suspects: 1, present });
    assert.equal(isMass(5_100, 500), true);
    assert.equal(isMass(5_100, 600), false);
    assert.equal(isMass(7_000, 500), false);
  });

  it("not where ten beats of a small fleet are overdue in the same second", () => {
    const meter = createLossMeter(TIMES);
    for (let late = 0; late < 10; late += 1) meter.becameLate(5_000);
    assert.equal(meter.isMass({ nowMono: 5_000, suspects: 1, present: 40 }), false);
  });
});
