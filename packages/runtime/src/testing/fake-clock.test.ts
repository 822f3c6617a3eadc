import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep } from "../clock.ts";
import { createFakeClock } from "./fake-clock.ts";

test("time stands still until it is moved", async () => {
  const clock = createFakeClock();
  const wallMs = clock.wallMs();
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.equal(clock.wallMs(), wallMs);
  assert.equal(clock.monoMs(), 0);
});

test("it starts at the wall time given, else at the beginning of 2026", () => {
  assert.equal(createFakeClock().wallMs(), Date.parse("2026-01-01T00:00:00Z"));
  assert.equal(createFakeClock(1_000).wallMs(), 1_000);
});

test("timers fire in order of their time, those of the same time in the order they were set", async () => {
  const clock = createFakeClock();
  const fired: string[] = [];
  clock.setTimer(20, () => fired.push(`second at ${clock.monoMs()}`));
  clock.setTimer(10, () => fired.push(`first at ${clock.monoMs()}`));
  clock.setTimer(20, () => fired.push(`third at ${clock.monoMs()}`));
  clock.setTimer(31, () => fired.push("not yet"));
  await clock.advance(30);
  assert.deepEqual(fired, ["first at 10", "second at 20", "third at 20"]);
  assert.equal(clock.monoMs(), 30);
  assert.equal(clock.pendingTimers, 1);
});

test("timers set by timers fire on the way, when their time comes within the same move", async () => {
  const clock = createFakeClock();
  const fired: string[] = [];
  clock.setTimer(10, () => {
    fired.push(`outer at ${clock.monoMs()}`);
    clock.setTimer(5, () => fired.push(`inner at ${clock.monoMs()}`));
    clock.setTimer(0, () => fired.push(`at once at ${clock.monoMs()}`));
  });
  clock.setTimer(12, () => fired.push(`other at ${clock.monoMs()}`));
  await clock.advance(15);
  assert.deepEqual(fired, ["outer at 10", "at once at 10", "other at 12", "inner at 15"]);
});

test("promises settle between timers, so that loops of sleeps are walked through", async () => {
  const clock = createFakeClock();
  const wokenAtMono: number[] = [];
  const loop = (async () => {
    for (let round = 0; round < 4; round += 1) {
      await sleep(clock, 10);
      wokenAtMono.push(clock.monoMs());
    }
  })();
  await clock.advance(40);
  await loop;
  assert.deepEqual(wokenAtMono, [10, 20, 30, 40]);
});

test("a cancelled timer does not fire, also when a timer of the same time cancels it", async () => {
  const clock = createFakeClock();
  clock.setTimer(10, () => assert.fail("fired"))();
  let cancel = () => {};
  clock.setTimer(20, () => cancel());
  cancel = clock.setTimer(20, () => assert.fail("fired"));
  await clock.advance(30);
  assert.equal(clock.pendingTimers, 0);
});

test("a timer fires once", async () => {
  const clock = createFakeClock();
  let fired = 0;
  clock.setTimer(10, () => {
    fired += 1;
  });
  await clock.advance(10);
  await clock.advance(100);
  assert.equal(fired, 1);
});

test("a timer of the past fires at the next move, even of nothing, and time does not go back for it", async () => {
  const clock = createFakeClock();
  await clock.advance(50);
  let firedAtMono: number | undefined;
  clock.setTimer(-20, () => {
    firedAtMono = clock.monoMs();
  });
  assert.equal(firedAtMono, undefined);
  await clock.advance(0);
  assert.equal(firedAtMono, 50);
});

test("a jump moves wall time alone", async () => {
  const clock = createFakeClock(1_000);
  clock.setTimer(10, () => assert.fail("fired"));
  clock.jumpWall(3_600_000);
  assert.equal(clock.wallMs(), 3_601_000);
  assert.equal(clock.monoMs(), 0);
  await clock.advance(5);
  assert.equal(clock.wallMs(), 3_601_005);
  clock.jumpWall(-3_600_000);
  assert.equal(clock.wallMs(), 1_005);
});

test("a timer that sets itself again without time passing is an error, not a test that hangs", async () => {
  const clock = createFakeClock();
  const again = () => {
    clock.setTimer(0, again);
  };
  again();
  await assert.rejects(clock.advance(1), /without end/);
});

test("a delay that is not a number and a move backwards are programmer's errors", async () => {
  const clock = createFakeClock();
  assert.throws(() => clock.setTimer(Number.NaN, () => {}), /invariant violated/);
  await assert.rejects(clock.advance(-1), /time goes forward/);
});
