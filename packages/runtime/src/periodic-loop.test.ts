import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { sleep } from "./clock.ts";
import { createDeferred } from "./deferred.ts";
import { messageOf } from "./errors.ts";
import { createPeriodicLoop, type PeriodicLoopOptions } from "./periodic-loop.ts";
import { createFakeClock } from "./testing/fake-clock.ts";

/** A running loop of 10 s whose runs are counted; `work` is what one run does after that. */
function runLoop(changes: Partial<PeriodicLoopOptions> = {}) {
  const clock = createFakeClock();
  const controller = new AbortController();
  const startsMono: number[] = [];
  const failures: Array<readonly [string, number]> = [];
  const loop = createPeriodicLoop({
    name: "count",
    clock,
    random: () => 0.5,
    intervalMs: 10_000,
    deadlineMs: 4_000,
    onError: (error, inARow) => failures.push([messageOf(error), inARow]),
    ...changes,
    work: async (signal) => {
      startsMono.push(clock.monoMs());
      await changes.work?.(signal);
    },
  });
  let ended = false;
  const run = loop.run(controller.signal).finally(() => {
    ended = true;
  });
  const stop = async () => {
    controller.abort();
    await run;
  };
  return { clock, controller, loop, run, stop, startsMono, failures, ended: () => ended };
}

test("the work is done once every interval, measured from start to start", async () => {
  const { clock, stop, startsMono, failures } = runLoop({ work: (signal) => sleep(clock, 3_000, signal) });
  await clock.advance(30_000);
  assert.deepEqual(startsMono, [0, 10_000, 20_000, 30_000]);
  assert.deepEqual(failures, []);
  await stop();
});

test("the first run comes at a random time below its bound", async () => {
  const { clock, stop, startsMono } = runLoop({ firstDelayMaxMs: 8_000, random: () => 0.25 });
  await clock.advance(1_999);
  assert.deepEqual(startsMono, []);
  await clock.advance(10_001);
  assert.deepEqual(startsMono, [2_000, 12_000]);
  await stop();
});

test("a run longer than the interval is followed at once by the next, never joined by it", async () => {
  let going = 0;
  let most = 0;
  const { clock, stop, startsMono } = runLoop({
    deadlineMs: 60_000,
    work: async (signal) => {
      going += 1;
      most = Math.max(most, going);
      await sleep(clock, 25_000, signal);
      going -= 1;
    },
  });
  await clock.advance(60_000);
  assert.deepEqual(startsMono, [0, 25_000, 50_000]);
  assert.equal(most, 1);
  await stop();
});

test("a run past the deadline is told to stop, reported, and followed by the next one interval later", async () => {
  let toldAtMono: number | undefined;
  const { clock, stop, startsMono, failures } = runLoop({
    work: async (signal) => {
      if (startsMono.length > 1) return;
      await sleep(clock, 60_000, signal);
      toldAtMono = clock.monoMs();
    },
  });
  await clock.advance(14_000);
  assert.equal(toldAtMono, 4_000);
  assert.deepEqual(failures, [["count: no result within 4s", 1]]);
  assert.deepEqual(startsMono, [0, 14_000]);
  await stop();
});

test("a run that ignores its signal is not joined by another: each that is due is reported until it ends", async () => {
  const stuck = createDeferred();
  const { clock, stop, startsMono, failures } = runLoop({
    work: async () => {
      if (startsMono.length === 1) await stuck.promise;
    },
  });
  await clock.advance(4_000 + 20_000);
  assert.deepEqual(startsMono, [0]);
  assert.deepEqual(failures, [
    ["count: no result within 4s", 1],
    ["count: the last run was given up and is still going", 2],
    ["count: the last run was given up and is still going", 3],
  ]);
  stuck.resolve();
  await clock.advance(10_000);
  assert.deepEqual(startsMono, [0, 34_000]);
  await stop();
});

test("the loop does not resolve while a run that ignores its signal is still going", async () => {
  const stuck = createDeferred();
  const { clock, controller, run, ended } = runLoop({ work: () => stuck.promise });
  await clock.advance(0);
  controller.abort();
  await clock.advance(60_000);
  assert.equal(ended(), false);
  stuck.resolve();
  await run;
});

test("a failure never ends the loop, however often and however it fails", async () => {
  const { clock, stop, startsMono, failures } = runLoop({
    work: () => {
      // Every other one before there is a promise.
      if (startsMono.length % 2 === 0) throw new Error("at once");
      return Promise.reject(new Error("later"));
    },
  });
  await clock.advance(1_000_000);
  assert.equal(startsMono.length, 101);
  assert.deepEqual(failures.slice(0, 3), [
    ["later", 1],
    ["at once", 2],
    ["later", 3],
  ]);
  await stop();
});

test("failures are counted in a row: a good run starts the count again", async () => {
  const { clock, stop, startsMono, failures } = runLoop({
    work: async () => {
      if (startsMono.length !== 3) throw new Error("broken");
    },
  });
  await clock.advance(40_000);
  assert.deepEqual(
    failures.map(([, inARow]) => inARow),
    [1, 2, 1, 2],
  );
  await stop();
});

test("after failures the next runs come with growing delays that never exceed the interval", async () => {
  const { clock, stop, startsMono } = runLoop({
    random: () => 1,
    backoff: { firstMs: 1_000, maxMs: 60_000 },
    work: async () => {
      if (startsMono.length < 7) throw new Error("broken");
    },
  });
  await clock.advance(55_000);
  assert.deepEqual(startsMono, [0, 1_000, 3_000, 7_000, 15_000, 25_000, 35_000, 45_000, 55_000]);
  await stop();
});

test("the time of the last good run is noted at its end, and kept through failures", async () => {
  const { clock, loop, stop, startsMono } = runLoop({
    work: async () => {
      await sleep(clock, 2_000);
      if (startsMono.length > 1) throw new Error("broken");
    },
  });
  const startedAt = clock.wallMs();
  assert.equal(loop.lastSuccessAt, undefined);
  await clock.advance(1_999);
  assert.equal(loop.lastSuccessAt, undefined);
  await clock.advance(1);
  assert.equal(loop.lastSuccessAt, startedAt + 2_000);
  await clock.advance(60_000);
  assert.equal(loop.lastSuccessAt, startedAt + 2_000);
  await stop();
});

test("a trigger while waiting starts the next run now, and the interval counts from it", async () => {
  const { clock, loop, stop, startsMono } = runLoop();
  await clock.advance(3_000);
  loop.trigger();
  await clock.advance(10_000);
  assert.deepEqual(startsMono, [0, 3_000, 13_000]);
  await stop();
});

test("triggers during a run are followed by one more run, not by one each", async () => {
  const { clock, loop, stop, startsMono } = runLoop({ work: (signal) => sleep(clock, 2_000, signal) });
  await clock.advance(1_000);
  loop.trigger();
  loop.trigger();
  loop.trigger();
  await clock.advance(11_000);
  assert.deepEqual(startsMono, [0, 2_000, 12_000]);
  await stop();
});

test("a trigger before the loop runs takes the place of the first delay", async () => {
  const clock = createFakeClock();
  const controller = new AbortController();
  const startsMono: number[] = [];
  const loop = createPeriodicLoop({
    name: "count",
    clock,
    random: () => 0.5,
    intervalMs: 10_000,
    deadlineMs: 4_000,
    firstDelayMaxMs: 8_000,
    work: async () => {
      startsMono.push(clock.monoMs());
    },
    onError: () => assert.fail("failed"),
  });
  loop.trigger();
  const run = loop.run(controller.signal);
  await clock.advance(10_000);
  assert.deepEqual(startsMono, [0, 10_000]);
  controller.abort();
  await run;
  loop.trigger();
  assert.equal(startsMono.length, 2);
});

test("a trigger cuts a backoff short", async () => {
  const { clock, loop, stop, startsMono } = runLoop({ work: () => Promise.reject(new Error("broken")) });
  await clock.advance(5_000);
  loop.trigger();
  await clock.advance(0);
  assert.deepEqual(startsMono, [0, 5_000]);
  await stop();
});

test("a loop told to stop while waiting ends without another run and leaves nothing behind", async () => {
  const { clock, controller, stop, startsMono } = runLoop();
  await clock.advance(25_000);
  await stop();
  assert.equal(startsMono.length, 3);
  assert.equal(clock.pendingTimers, 0);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("a loop told to stop before its first run does not run", async () => {
  const { clock, stop, startsMono } = runLoop({ firstDelayMaxMs: 8_000 });
  await clock.advance(1_000);
  await stop();
  assert.deepEqual(startsMono, []);
  assert.equal(clock.pendingTimers, 0);
});

test("a loop under a signal that is already aborted does not run", async () => {
  const clock = createFakeClock();
  const loop = createPeriodicLoop({
    name: "count",
    clock,
    random: () => 0,
    intervalMs: 10_000,
    deadlineMs: 4_000,
    work: async () => assert.fail("ran"),
    onError: () => assert.fail("failed"),
  });
  await loop.run(AbortSignal.abort());
  assert.equal(clock.pendingTimers, 0);
});

test("a run under way when the loop stops is told so, and its failure then is not reported", async () => {
  const { clock, controller, stop, failures } = runLoop({
    work: async (signal) => {
      await sleep(clock, 3_000, signal);
      signal.throwIfAborted();
    },
  });
  await clock.advance(1_000);
  await stop();
  assert.deepEqual(failures, []);
  assert.equal(clock.monoMs(), 1_000);
  assert.equal(clock.pendingTimers, 0);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("a thousand runs, good, failed and given up, leave no listeners on the signal and one timer", async () => {
  const { clock, controller, loop, stop, startsMono } = runLoop({
    work: async (signal) => {
      if (startsMono.length % 3 === 0) throw new Error("broken");
      if (startsMono.length % 3 === 1) await sleep(clock, 60_000, signal);
      if (startsMono.length % 7 === 0) loop.trigger();
    },
  });
  while (startsMono.length < 1_000) await clock.advance(60_000);
  await clock.advance(9_999);
  assert.ok(getEventListeners(controller.signal, "abort").length <= 1);
  assert.ok(clock.pendingTimers <= 2);
  await stop();
  assert.equal(clock.pendingTimers, 0);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("a jump of the wall clock moves no run", async () => {
  const { clock, stop, startsMono } = runLoop();
  await clock.advance(5_000);
  clock.jumpWall(-3_600_000);
  await clock.advance(15_000);
  assert.deepEqual(startsMono, [0, 10_000, 20_000]);
  await stop();
});

test("an interval or a deadline that is not above zero is a programmer's error", () => {
  const options = {
    name: "count",
    clock: createFakeClock(),
    random: () => 0,
    intervalMs: 1,
    deadlineMs: 1,
    work: async () => {},
    onError: () => {},
  };
  assert.throws(() => createPeriodicLoop({ ...options, intervalMs: 0 }), /interval is above zero/);
  assert.throws(() => createPeriodicLoop({ ...options, intervalMs: Number.NaN }), /interval is above zero/);
  assert.throws(() => createPeriodicLoop({ ...options, deadlineMs: -1 }), /deadline is above zero/);
});

test("the loop turns while its work fails, and no longer once a run was given up and never ends", async () => {
  let hang = false;
  const { clock, controller, loop, run } = runLoop({
    work: () => (hang ? stuck.promise : Promise.reject(new Error("no"))),
  });
  const stuck = createDeferred();
  assert.equal(loop.maxPauseMs, 24_000);
  await clock.advance(60_000);
  assert.equal(loop.turnedMono, 60_000);
  hang = true;
  await clock.advance(60_000);
  assert.equal(loop.turnedMono, 70_000);
  stuck.resolve();
  await clock.advance(10_000);
  assert.ok((loop.turnedMono ?? 0) > 120_000);
  controller.abort();
  await run;
});
