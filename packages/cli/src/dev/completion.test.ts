import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ListedPeel } from "@fleet/presence";
import { createListedPeel } from "@fleet/presence/testing";
import { createFakeClock } from "@fleet/runtime/testing";
import { createCompletion } from "./completion.ts";

function peel(id: string, overrides: Partial<ListedPeel> = {}): ListedPeel {
  return createListedPeel({ id, os: "linux", arch: "amd64", version: "0.1.0", state: "online", ...overrides });
}

function start(durationMs?: number) {
  const clock = createFakeClock();
  const stop = new AbortController();
  let ends = 0;
  const completion = createCompletion({
    expected: ["a", "b"],
    durationMs,
    clock,
    onEnd() {
      ends += 1;
    },
  });
  let outcome: unknown = "running";
  completion.run(stop.signal).then(
    () => {
      outcome = "resolved";
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  return { clock, stop, completion, ends: () => ends, outcome: () => outcome };
}

describe("a fleet", () => {
  test("is complete once every expected peel is online, with its facts, at the same time", () => {
    const { completion } = start();
    completion.seen([peel("a"), peel("b", { state: "offline" }), peel("c")]);
    completion.seen([peel("a", { state: "offline" }), peel("b")]);
    completion.seen([peel("a"), peel("b", { os: undefined })]);
    completion.seen([peel("a"), peel("b", { state: undefined })]);
    assert.equal(completion.complete, false);
    completion.seen([peel("b"), peel("a"), peel("c", { state: "offline" })]);
    assert.equal(completion.complete, true);
  });

  test("stays complete when a peel leaves", () => {
    const { completion } = start();
    completion.seen([peel("a"), peel("b")]);
    completion.seen([]);
    assert.equal(completion.complete, true);
  });

  test("that is not complete within a minute has failed, with the names of those missing", async () => {
    const { clock, completion, outcome, ends } = start();
    completion.seen([peel("b")]);
    await clock.advance(59_999);
    assert.equal(outcome(), "running");
    await clock.advance(1);
    assert.equal(`${outcome()}`, "FleetError: not online with their facts within 1m0s: a");
    assert.equal(ends(), 0);
    assert.equal(clock.pendingTimers, 0);
  });
});

describe("the duration", () => {
  test("begins when the fleet is complete", async () => {
    const { clock, stop, completion, outcome, ends } = start(5_000);
    await clock.advance(30_000);
    completion.seen([peel("a"), peel("b")]);
    await clock.advance(4_999);
    assert.equal(ends(), 0);
    await clock.advance(1);
    assert.equal(ends(), 1);
    assert.equal(outcome(), "running");
    stop.abort();
    await clock.advance(0);
    assert.equal(outcome(), "resolved");
  });

  test("of nothing ends it at once", async () => {
    const { clock, completion, ends } = start(0);
    completion.seen([peel("a"), peel("b")]);
    await clock.advance(0);
    assert.equal(ends(), 1);
  });

  test("that is not given is without end", async () => {
    const { clock, completion, outcome, ends } = start();
    completion.seen([peel("a"), peel("b")]);
    await clock.advance(10 * 86_400_000);
    assert.equal(ends(), 0);
    assert.equal(outcome(), "running");
  });
});

test("told to stop it stops, before the fleet is complete and after, and leaves no timer", async () => {
  for (const complete of [false, true]) {
    const { clock, stop, completion, outcome, ends } = start(5_000);
    if (complete) completion.seen([peel("a"), peel("b")]);
    await clock.advance(1_000);
    stop.abort();
    await clock.advance(0);
    assert.equal(outcome(), "resolved");
    assert.equal(ends(), 0);
    assert.equal(clock.pendingTimers, 0);
  }
});
