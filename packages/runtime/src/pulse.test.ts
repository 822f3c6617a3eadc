import assert from "node:assert/strict";
import { test } from "node:test";
import { stuckLoops } from "./pulse.ts";

test("a loop is stuck once its longest pause is over, and not before it has run at all", () => {
  const pulses = [
    { name: "new", turnedMono: undefined, maxPauseMs: 1 },
    { name: "quick", turnedMono: 900, maxPauseMs: 100 },
    { name: "slow", turnedMono: 0, maxPauseMs: 5_000 },
  ];
  assert.deepEqual(stuckLoops(pulses, 1_000), []);
  assert.deepEqual(stuckLoops(pulses, 1_001), ["quick"]);
  assert.deepEqual(stuckLoops(pulses, 5_001), ["quick", "slow"]);
});
