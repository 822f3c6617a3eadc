import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidOptionsError } from "@fleet/runtime";
import { resolveCapacityOptions } from "./capacity-options.ts";

test("only the number of peels must be given", () => {
  assert.deepEqual(resolveCapacityOptions({ peels: "1000" }), {
    peels: 1_000,
    intervalMs: 10_000,
    replicas: 1,
    masters: 2,
    connections: "per-peel",
    brokerCores: 8,
    brokerMemoryBytes: 64e9,
  });
});

test("everything that is wrong is told at once, with what would be right", () => {
  const wrong = {
    peels: "many",
    interval: "5",
    replicas: "2",
    masters: "0",
    connections: "none" as "pooled",
    brokerCores: "1.5",
    brokerMemory: "64GB",
  };
  assert.throws(
    () => resolveCapacityOptions(wrong),
    (error) => {
      assert.ok(error instanceof InvalidOptionsError);
      assert.deepEqual(error.problems.map(({ option, message }) => `${option}: ${message}`).sort(), [
        'brokerCores: "1.5" is not one; use a whole number from 1 to 1024',
        'brokerMemory: "64GB" is not one; use a whole number from 1 to 100000',
        'connections: "none" is not known; use per-peel or pooled',
        'interval: "5" is not a duration; write for example 250ms, 15s or 1h30m',
        "masters: use a whole number from 1 to 100",
        'peels: "many" is not one; use a whole number from 1 to 1000000000',
        'replicas: "2" copies hold no majority; use 1, 3 or 5',
      ]);
      return true;
    },
  );
  assert.throws(() => resolveCapacityOptions({}), /peels: use a whole number/);
});
