import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FleetError } from "@fleet/runtime";
import { createFakeClock, createRecordingLogger } from "@fleet/runtime/testing";
import { FailureTally } from "./failure-tally.ts";
import { createFailureWatch } from "./failure-watch.ts";

function createScene() {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const failures = new FailureTally();
  const scene = { unavailable: 0 };
  const watch = createFailureWatch({
    failures,
    clock,
    logger,
    onUnavailable: () => {
      scene.unavailable += 1;
    },
  });
  const fail = (count: number, code: string, bucket = "peel-heartbeat", message = "write: no") => {
    const error = new FleetError(code, message, { retryable: true });
    for (let number = 0; number < count; number += 1) failures.add(bucket, error);
  };
  const warnings = () =>
    logger.lines.map(
      ({ level, fields }) => `${level} ${fields["bucket"]} ${fields["code"]} ${fields["held_back"] ?? 0}`,
    );
  return { clock, logger, failures, watch, scene, fail, warnings };
}

describe("failed writes", () => {
  it("are warned of once a minute, by bucket and code, with the number of those held back", async () => {
    const { clock, logger, watch, fail, warnings } = createScene();
    watch.look();
    assert.deepEqual(warnings(), []);
    fail(5_000, "BACKPRESSURE", "peel-heartbeat", "write: too many requests (10167)");
    fail(1, "BACKPRESSURE", "facts");
    await clock.advance(1_000);
    watch.look();
    assert.deepEqual(warnings(), ["warn peel-heartbeat BACKPRESSURE 4999", "warn facts BACKPRESSURE 0"]);
    const [first] = logger.lines;
    assert.equal(first?.fields["error"], "write: too many requests (10167)");
    assert.match(String(first?.fields["advice"]), /fewer peels/);

    for (let second = 0; second < 59; second += 1) {
      fail(10, "BACKPRESSURE");
      await clock.advance(1_000);
      watch.look();
    }
    assert.equal(logger.lines.length, 2);
    await clock.advance(1_000);
    fail(10, "BACKPRESSURE");
    watch.look();
    assert.equal(warnings()[2], "warn peel-heartbeat BACKPRESSURE 599");
    // There are no more.
    await clock.advance(120_000);
    watch.look();
    assert.equal(logger.lines.length, 3);
  });

  it("are looked at once a second, however often it is asked", async () => {
    const { clock, watch, fail, warnings } = createScene();
    watch.look();
    fail(1, "TIMEOUT");
    await clock.advance(999);
    watch.look();
    assert.deepEqual(warnings(), []);
    await clock.advance(1);
    watch.look();
    assert.deepEqual(warnings(), ["warn peel-heartbeat TIMEOUT 0"]);
  });

  it("that nobody took are told at each look at which there are more", async () => {
    const { clock, watch, fail, scene } = createScene();
    for (let second = 0; second < 3; second += 1) {
      fail(3, "UNAVAILABLE");
      watch.look();
      await clock.advance(1_000);
    }
    watch.look();
    fail(1, "TIMEOUT");
    await clock.advance(1_000);
    watch.look();
    assert.equal(scene.unavailable, 3);
  });

  it("that were lost with the connection are left to its own warning", () => {
    const { watch, fail, warnings, failures } = createScene();
    fail(7, "NOT_CONNECTED");
    watch.look();
    assert.deepEqual(warnings(), []);
    assert.deepEqual(failures.byCode(), { NOT_CONNECTED: 7 });
  });

  it("are counted by code, of all buckets together", () => {
    const { fail, failures } = createScene();
    fail(2, "TIMEOUT");
    fail(3, "TIMEOUT", "facts");
    fail(1, "BACKPRESSURE");
    assert.deepEqual(failures.byCode(), { TIMEOUT: 5, BACKPRESSURE: 1 });
  });
});
