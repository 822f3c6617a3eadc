import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "./testing/fake-clock.ts";
import { createThrottle } from "./throttle.ts";

test("the first call goes through at once, with nothing held back", () => {
  const throttle = createThrottle(createFakeClock(), 60_000);
  const passed: number[] = [];
  throttle.run((heldBack) => passed.push(heldBack));
  assert.deepEqual(passed, [0]);
});

test("one call per period goes through and tells how many it stands for", async () => {
  const clock = createFakeClock();
  const throttle = createThrottle(clock, 60_000);
  const passed: number[] = [];
  const call = () => throttle.run((heldBack) => passed.push(heldBack));
  for (let calls = 0; calls < 5; calls += 1) call();
  assert.deepEqual(passed, [0]);
  await clock.advance(59_999);
  call();
  assert.deepEqual(passed, [0]);
  await clock.advance(1);
  call();
  call();
  assert.deepEqual(passed, [0, 5]);
  await clock.advance(60_000);
  call();
  assert.deepEqual(passed, [0, 5, 1]);
});

test("the period begins with the call that went through, not with those held back", async () => {
  const clock = createFakeClock();
  const throttle = createThrottle(clock, 100);
  let passed = 0;
  for (let elapsedMs = 0; elapsedMs < 1_000; elapsedMs += 10) {
    throttle.run(() => {
      passed += 1;
    });
    await clock.advance(10);
  }
  assert.equal(passed, 10);
});

test("a jump of the wall clock opens and closes nothing", () => {
  const clock = createFakeClock();
  const throttle = createThrottle(clock, 60_000);
  let passed = 0;
  const call = () =>
    throttle.run(() => {
      passed += 1;
    });
  call();
  clock.jumpWall(3_600_000);
  call();
  assert.equal(passed, 1);
});

test("an action that throws does not have its call counted again", async () => {
  const clock = createFakeClock();
  const throttle = createThrottle(clock, 100);
  throttle.run(() => {});
  throttle.run(() => {});
  await clock.advance(100);
  assert.throws(() =>
    throttle.run(() => {
      throw new Error("broken");
    }),
  );
  await clock.advance(100);
  throttle.run((heldBack) => assert.equal(heldBack, 0));
});
