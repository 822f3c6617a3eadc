import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { aborted, sleep, systemClock } from "./clock.ts";
import { createFakeClock } from "./testing/fake-clock.ts";

test("sleep ends when its time has passed and not before", async () => {
  const clock = createFakeClock();
  let awake = false;
  const slept = sleep(clock, 100).then(() => {
    awake = true;
  });
  await clock.advance(99);
  assert.equal(awake, false);
  await clock.advance(1);
  assert.equal(awake, true);
  await slept;
});

test("sleep ends early when its signal aborts, without rejecting and without leaving its timer", async () => {
  const clock = createFakeClock();
  const controller = new AbortController();
  const slept = sleep(clock, 100, controller.signal);
  assert.equal(clock.pendingTimers, 1);
  controller.abort();
  await slept;
  assert.equal(clock.pendingTimers, 0);
  assert.equal(clock.monoMs(), 0);
});

test("sleep under a signal that is already aborted sets no timer", async () => {
  const clock = createFakeClock();
  await sleep(clock, 100, AbortSignal.abort());
  assert.equal(clock.pendingTimers, 0);
});

test("sleep takes its listener off a long-lived signal", async () => {
  const clock = createFakeClock();
  const { signal } = new AbortController();
  const slept = sleep(clock, 100, signal);
  assert.equal(getEventListeners(signal, "abort").length, 1);
  await clock.advance(100);
  await slept;
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("aborted resolves at once for an aborted signal, later for one that aborts later", async () => {
  await aborted(AbortSignal.abort());
  const controller = new AbortController();
  let seen = false;
  const waited = aborted(controller.signal).then(() => {
    seen = true;
  });
  await Promise.resolve();
  assert.equal(seen, false);
  controller.abort();
  await waited;
});

test("the system clock never fires early, also where Node's own timer would", async () => {
  // Node cuts a delay to whole milliseconds, so that half of these would fire too early.
  for (let round = 0; round < 20; round += 1) {
    const delayMs = 1 + round / 20;
    const startedMono = systemClock.monoMs();
    await new Promise<void>((resolve) => systemClock.setTimer(delayMs, resolve));
    const tookMs = systemClock.monoMs() - startedMono;
    assert.ok(tookMs >= delayMs, `a timer of ${delayMs} ms fired after ${tookMs} ms`);
  }
});

test("the system clock fires a timer whose time has passed already", async () => {
  await new Promise<void>((resolve) => systemClock.setTimer(-5, resolve));
});

test("the system clock does not fire a timer of years at once", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let fired = false;
  const cancel = systemClock.setTimer(Number.POSITIVE_INFINITY, () => {
    fired = true;
  });
  context.mock.timers.tick(2_147_483_647);
  context.mock.timers.tick(2_147_483_647);
  assert.equal(fired, false);
  cancel();
});

test("a cancelled timer of the system clock does not fire", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const cancel = systemClock.setTimer(0, () => assert.fail("fired"));
  cancel();
  context.mock.timers.tick(1_000);
});

test("a delay that is not a number is a programmer's error", () => {
  assert.throws(() => systemClock.setTimer(Number.NaN, () => {}), /invariant violated/);
});

test("the system clock's wall time is the machine's", () => {
  const before = Date.now();
  const wallMs = systemClock.wallMs();
  assert.ok(wallMs >= before && wallMs <= Date.now());
});
