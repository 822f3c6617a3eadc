import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { sleep } from "./clock.ts";
import { withDeadline } from "./deadline.ts";
import { isFleetError } from "./errors.ts";
import { createFakeClock } from "./testing/fake-clock.ts";

function setUp() {
  const clock = createFakeClock();
  const controller = new AbortController();
  const options = { clock, timeoutMs: 1_500, what: "count the keys", signal: controller.signal };
  const assertNothingLeft = () => {
    assert.equal(clock.pendingTimers, 0);
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  };
  return { clock, controller, options, assertNothingLeft };
}

test("work that ends in time gives its value and leaves nothing behind", async () => {
  const { options, assertNothingLeft } = setUp();
  assert.equal(await withDeadline(options, async () => 42), 42);
  assertNothingLeft();
});

test("work that fails in time fails with its own error and leaves nothing behind", async () => {
  const { options, assertNothingLeft } = setUp();
  const failure = new Error("broken");
  await assert.rejects(
    withDeadline(options, async () => {
      throw failure;
    }),
    (error) => error === failure,
  );
  assertNothingLeft();
});

test("work that throws before it returns a promise is a rejection too and leaves nothing behind", async () => {
  const { options, assertNothingLeft } = setUp();
  const failure = new Error("broken at once");
  const result = withDeadline(options, () => {
    throw failure;
  });
  await assert.rejects(result, (error) => error === failure);
  assertNothingLeft();
});

test("work that takes too long is told to stop and the call says what took too long", async () => {
  const { clock, options, assertNothingLeft } = setUp();
  let toldWhy: unknown;
  const result = withDeadline(options, async (signal) => {
    await sleep(clock, 60_000, signal);
    toldWhy = signal.reason;
  });
  const rejected = assert.rejects(result, (error) => {
    assert.ok(isFleetError(error, "DEADLINE_EXCEEDED"));
    assert.equal(error.message, "count the keys: no result within 1.5s");
    assert.equal(error.retryable, true);
    return true;
  });
  await clock.advance(1_499);
  assert.equal(toldWhy, undefined);
  await clock.advance(1);
  await rejected;
  assert.ok(isFleetError(toldWhy, "DEADLINE_EXCEEDED"));
  assertNothingLeft();
});

test("the late outcome of work that ignores its signal is dropped, a late rejection too", async () => {
  const { clock, options } = setUp();
  for (const late of ["value", "error"]) {
    const result = withDeadline(options, async () => {
      await sleep(clock, 60_000);
      if (late === "error") throw new Error("late");
    });
    const rejected = assert.rejects(result, { code: "DEADLINE_EXCEEDED" });
    await clock.advance(60_000);
    await rejected;
  }
});

test("the parent's abort ends the call with the parent's reason", async () => {
  const { clock, controller, options, assertNothingLeft } = setUp();
  const reason = new Error("told to stop");
  let seen: unknown;
  const result = withDeadline(options, async (signal) => {
    await sleep(clock, 60_000, signal);
    seen = signal.reason;
  });
  const rejected = assert.rejects(result, (error) => error === reason);
  controller.abort(reason);
  await rejected;
  await clock.advance(0);
  assert.equal(seen, reason);
  assertNothingLeft();
});

test("under a parent that is already aborted the work is not begun", async () => {
  const { clock, options } = setUp();
  const reason = new Error("told to stop");
  const result = withDeadline({ ...options, signal: AbortSignal.abort(reason) }, async () => assert.fail("begun"));
  await assert.rejects(result, (error) => error === reason);
  assert.equal(clock.pendingTimers, 0);
});

test("a deadline needs no parent", async () => {
  const clock = createFakeClock();
  const result = withDeadline({ clock, timeoutMs: 10, what: "wait" }, () => new Promise<never>(() => {}));
  const rejected = assert.rejects(result, { code: "DEADLINE_EXCEEDED" });
  await clock.advance(10);
  await rejected;
});
