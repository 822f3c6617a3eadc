import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededChance, seededRandom } from "./seeded-random.ts";

function draw(count: number, random: () => number): number[] {
  return Array.from({ length: count }, random);
}

function assertUniform(numbers: readonly number[]): void {
  const tenths = new Array<number>(10).fill(0);
  for (const number of numbers) {
    assert.ok(number >= 0 && number < 1);
    tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1;
  }
  for (const count of tenths) assert.ok(Math.abs(count / numbers.length - 0.1) < 0.01, `${tenths}`);
}

describe("numbers drawn by a seed", () => {
  it("are the same for the same seed and purpose, and others for another of either", () => {
    const numbers = draw(20, seededRandom(7, "churn"));
    assert.deepEqual(draw(20, seededRandom(7, "churn")), numbers);
    assert.notDeepEqual(draw(20, seededRandom(8, "churn")), numbers);
    assert.notDeepEqual(draw(20, seededRandom(7, "crash")), numbers);
  });

  it("are uniform, one after the other and each on its own", () => {
    assertUniform(draw(20_000, seededRandom(1, "x")));
    assertUniform(Array.from({ length: 20_000 }, (_, peel) => seededChance(1)(peel, 1, 5)));
    assertUniform(Array.from({ length: 20_000 }, (_, round) => seededChance(1)(5, 1, round)));
    assertUniform(Array.from({ length: 20_000 }, (_, seed) => seededChance(seed)(5, 1, 5)));
  });

  it("do not make neighbours share their fate", () => {
    const both = Array.from({ length: 20_000 }, (_, peel) => peel).filter(
      (peel) => seededChance(1)(peel, 1, 5) < 0.1 && seededChance(1)(peel, 1, 6) < 0.1,
    );
    assert.ok(Math.abs(both.length - 200) < 70, `${both.length}`);
  });

  it("are others for another seed as a whole, not those of other peels", () => {
    const rounds = Array.from({ length: 20 }, (_, round) => round);
    const peels = Array.from({ length: 2_048 }, (_, peel) => peel);
    const totalsOf = (seed: number) => {
      const chance = seededChance(seed);
      return rounds.map((round) => peels.filter((peel) => chance(peel, 1, round) < 0.1).length);
    };
    const totals = Array.from({ length: 16 }, (_, seed) => totalsOf(seed));
    assert.equal(new Set(totals.map(String)).size, 16);
    // Seven times what independent draws are off by.
    const mean = 0.1 * rounds.length * peels.length;
    for (const [seed, counts] of totals.entries()) {
      const sum = counts.reduce((total, count) => total + count);
      assert.ok(Math.abs(sum - mean) < 7 * Math.sqrt(0.9 * mean), `seed ${seed}: ${sum} instead of ${mean}`);
    }
  });

  it("do not depend on what else is asked for, or in which order", () => {
    const chance = seededChance(3);
    const numbers = Array.from({ length: 20 }, (_, peel) => chance(peel, 1, 5));
    const backwards = Array.from({ length: 20 }, (_, peel) => seededChance(3)(19 - peel, 1, 5));
    assert.deepEqual(backwards.reverse(), numbers);
  });
});
