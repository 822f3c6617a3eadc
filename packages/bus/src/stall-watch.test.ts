import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "@fleet/runtime";
import { createFakeClock } from "@fleet/runtime/testing";
import { watchForStalls } from "./stall-watch.ts";

/** A clock whose timers fire late by what is set, as they do when the event loop was held up. */
function createLateClock() {
  const clock = createFakeClock();
  let lateMs = 0;
  const late: Clock = { ...clock, setTimer: (delayMs, callback) => clock.setTimer(delayMs + lateMs, callback) };
  return {
    clock,
    late,
    holdUp(durationMs: number) {
      lateMs = durationMs;
    },
  };
}

test("an event loop held up for more than a second is counted, once each time", async () => {
  const { clock, late, holdUp } = createLateClock();
  let stalls = 0;
  const stop = watchForStalls(late, () => {
    stalls += 1;
  });
  await clock.advance(10_000);
  assert.equal(stalls, 0);
  holdUp(900);
  await clock.advance(14_000);
  assert.equal(stalls, 0);
  holdUp(1_100);
  await clock.advance(3_000);
  assert.equal(stalls, 1);
  holdUp(0);
  await clock.advance(10_000);
  assert.equal(stalls, 2);
  stop();
  assert.equal(clock.pendingTimers, 0);
});
