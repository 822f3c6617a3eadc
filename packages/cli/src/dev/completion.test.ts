import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isFleetError } from "@fleet/runtime";
import { createFakeClock } from "@fleet/runtime/testing";
import { createCompletion } from "./completion.ts";

const peel = (id: string, online: boolean) => ({
  id,
  os: undefined,
  arch: undefined,
  version: undefined,
  online,
  lastSeenMs: undefined,
});

function watch(durationMs?: number) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const completion = createCompletion({ expected: ["a", "b"], durationMs, clock, onEnd: () => stop.abort() });
  const running = completion.run(stop.signal);
  running.catch(() => {});
  return { clock, stop, completion, running };
}

describe("a fleet's completion", () => {
  test("is reached when every peel expected is online at the same time", () => {
    const { completion } = watch();
    completion.seen([peel("a", true), peel("b", false)]);
    completion.seen([peel("a", false), peel("b", true)]);
    assert.equal(completion.complete, false);
    completion.seen([peel("a", true), peel("b", true), peel("c", false)]);
    assert.equal(completion.complete, true);
  });

  test("fails after a minute and names who is missing", async () => {
    const { clock, completion, running } = watch();
    completion.seen([peel("a", true), peel("b", false)]);
    await clock.advance(60_000);
    await assert.rejects(running, (error) => {
      assert.ok(isFleetError(error, "FLEET_INCOMPLETE"));
      assert.match(error.message, /: b$/);
      return true;
    });
  });

  test("ends the fleet when the duration has passed since it was complete", async () => {
    const { clock, stop, completion, running } = watch(5_000);
    await clock.advance(20_000);
    completion.seen([peel("a", true), peel("b", true)]);
    await clock.advance(4_999);
    assert.equal(stop.signal.aborted, false);
    await clock.advance(1);
    assert.equal(stop.signal.aborted, true);
    await running;
    assert.equal(clock.pendingTimers, 0);
  });

  test("goes on without end when no duration was given, and stops when told to", async () => {
    const { clock, stop, completion, running } = watch();
    completion.seen([peel("a", true), peel("b", true)]);
    await clock.advance(86_400_000);
    stop.abort();
    await running;
    assert.equal(clock.pendingTimers, 0);
  });
});
