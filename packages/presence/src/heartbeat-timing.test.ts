import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidOptionsError, resolveOptions } from "@fleet/runtime";
import * as z from "zod";
import { heartbeatTimingShape, withTimingRelation } from "./heartbeat-timing.ts";

const schema = withTimingRelation(z.strictObject({ ...heartbeatTimingShape(), count: z.number().default(1) }));

/** What is wrong with options, one line each. */
function problemsOf(given: unknown): string[] {
  try {
    resolveOptions(schema, given);
    return [];
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError, String(error));
    return error.problems.map(({ option, message }) => `${option}: ${message}`);
  }
}

test("by default a peel beats every 10 s and a beat counts for 30 s", () => {
  assert.deepEqual(resolveOptions(schema, {}), { heartbeatInterval: 10_000, heartbeatTtl: 30_000, count: 1 });
});

test("a TTL of three intervals is enough, and a little less is not", () => {
  assert.deepEqual(resolveOptions(schema, { heartbeatInterval: "500ms", heartbeatTtl: "1500ms" }), {
    heartbeatInterval: 500,
    heartbeatTtl: 1_500,
    count: 1,
  });
  assert.deepEqual(problemsOf({ heartbeatInterval: "500ms", heartbeatTtl: "1499ms" }), [
    "heartbeatTtl: 1.4s is less than three times the heartbeat interval of 500ms; use 1.5s or more",
  ]);
});

test("the relation holds against the default of the other one, too", () => {
  assert.deepEqual(problemsOf({ heartbeatInterval: "1m" }), [
    "heartbeatTtl: 30s is less than three times the heartbeat interval of 1m0s; use 3m0s or more",
  ]);
  assert.equal(problemsOf({ heartbeatTtl: "29s" }).length, 1);
});

test("durations that are none, or out of bounds, are named with the relation and with what else is wrong", () => {
  assert.deepEqual(problemsOf({ heartbeatInterval: "soon", heartbeatTtl: "2d", count: "x" }).sort(), [
    "count: Invalid input: expected number, received string",
    'heartbeatInterval: "soon" is not a duration; write for example 250ms, 15s or 1h30m',
    "heartbeatTtl: 2d is outside 0.3s to 86400s",
  ]);
  assert.deepEqual(problemsOf({ heartbeatInterval: "20s", count: "x" }).sort(), [
    "count: Invalid input: expected number, received string",
    "heartbeatTtl: 30s is less than three times the heartbeat interval of 20s; use 1m0s or more",
  ]);
});

test("the bounds themselves are taken", () => {
  assert.deepEqual(problemsOf({ heartbeatInterval: "100ms", heartbeatTtl: "300ms" }), []);
  assert.deepEqual(problemsOf({ heartbeatInterval: "1h", heartbeatTtl: "24h" }), []);
  assert.equal(problemsOf({ heartbeatInterval: "99ms" }).length, 1);
  assert.equal(problemsOf({ heartbeatInterval: "100ms", heartbeatTtl: "299ms" }).length, 1);
});
