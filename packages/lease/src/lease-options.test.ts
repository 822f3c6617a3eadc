import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidOptionsError } from "@fleet/runtime";
import fc from "fast-check";
import { type LeaseOptions, leaseOfTtl, resolveLeaseOptions } from "./lease-options.ts";

function problems(options: LeaseOptions): readonly string[] {
  try {
    resolveLeaseOptions(options);
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError);
    return error.problems.map(({ option, message }) => `${option}: ${message}`);
  }
  return [];
}

test("the times left out are the usual ones", () => {
  assert.deepEqual(resolveLeaseOptions({}), {
    ttlMs: 15_000,
    renewDeadlineMs: 12_000,
    renewIntervalMs: 3_000,
    renewTimeoutMs: 1_500,
  });
});

test("a deadline that leaves no room below the TTL for clocks that differ is refused, naming both", () => {
  assert.deepEqual(problems({ ttl: "15s", renewDeadline: "13571ms" }), []);
  assert.deepEqual(problems({ ttl: "15s", renewDeadline: "14s" }), [
    "renewDeadline: 14s leaves no room below the TTL of 15s for clocks that differ by 5 %; use 13.5s or less",
  ]);
});

test("an interval that leaves no time for a second try is refused, naming both, and all problems come at once", () => {
  assert.deepEqual(problems({ renewInterval: "10s", renewTimeout: "12s" }), [
    "renewInterval: 10s leaves no time to try again before the renew deadline of 12s; use less than 10s",
    "renewTimeout: 12s is not less than the renew deadline of 12s",
  ]);
});

test("times in proportion to a TTL obey the same relations", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 600_000 }), (ttlMs) => {
      const { renewDeadlineMs, renewIntervalMs, renewTimeoutMs } = leaseOfTtl(ttlMs);
      const resolved = resolveLeaseOptions({
        ttl: `${ttlMs}ms`,
        renewDeadline: `${renewDeadlineMs}ms`,
        renewInterval: `${renewIntervalMs}ms`,
        renewTimeout: `${renewTimeoutMs}ms`,
      });
      assert.equal(resolved.ttlMs, ttlMs);
    }),
  );
});
