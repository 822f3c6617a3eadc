import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffDelayMs } from "./backoff.ts";

const OPTIONS = { firstMs: 100, maxMs: 5_000 };
const highest = () => 1;

test("the ceiling doubles with each failure until the maximum", () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7, 8].map((failures) => backoffDelayMs(failures, OPTIONS, highest));
  assert.deepEqual(ceilings, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

test("before any failure the ceiling is the first one", () => {
  assert.equal(backoffDelayMs(0, OPTIONS, highest), 100);
  assert.equal(backoffDelayMs(-3, OPTIONS, highest), 100);
});

test("the delay is drawn from the whole range below the ceiling", () => {
  assert.equal(
    backoffDelayMs(4, OPTIONS, () => 0),
    0,
  );
  assert.equal(
    backoffDelayMs(4, OPTIONS, () => 0.25),
    200,
  );
});

test("a maximum below the first ceiling is obeyed from the first failure", () => {
  assert.equal(backoffDelayMs(1, { firstMs: 100, maxMs: 30 }, highest), 30);
});

test("the delay stays within its bounds for any number of failures and any options", () => {
  const seed = Date.now() % 2_147_483_647;
  const random = createRandom(seed);
  for (let round = 0; round < 10_000; round += 1) {
    const failures = Math.floor(random() ** 8 * Number.MAX_SAFE_INTEGER);
    const options = { firstMs: random() * 10_000, maxMs: random() * 100_000 };
    const delayMs = backoffDelayMs(failures, options, random);
    const ceilingMs = Math.min(options.maxMs, options.firstMs * 2 ** Math.max(0, failures - 1));
    assert.ok(
      delayMs >= 0 && delayMs <= ceilingMs,
      `seed ${seed}, round ${round}: ${delayMs} ms after ${failures} failures, ${JSON.stringify(options)}`,
    );
  }
});

/** Park and Miller's generator: the same numbers for the same seed. */
function createRandom(seed: number): () => number {
  let state = Math.max(1, seed);
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state - 1) / 2_147_483_646;
  };
}
