import assert from "node:assert/strict";
import { test } from "node:test";
import { describeOptions, InvalidOptionsError, resolveOptions } from "@fleet/runtime";
import * as z from "zod";
import { partitionOption } from "./partition-option.ts";

const schema = z.object({ partition: partitionOption() });

test("a partition is a whole number from 0, as a number or as people write it; none is none", () => {
  for (const [given, partition] of [
    [0, 0],
    ["0", 0],
    ["1023", 1_023],
    [undefined, undefined],
  ] as const) {
    assert.deepEqual(resolveOptions(schema, { partition: given }).partition, partition, String(given));
  }
  assert.deepEqual(resolveOptions(schema, {}), {});
});

test("what is no partition is refused with what is right, an empty text above all: it is not the first one", () => {
  const problemOf = (partition: unknown) => {
    try {
      return resolveOptions(schema, { partition });
    } catch (error) {
      assert.ok(error instanceof InvalidOptionsError);
      return error.problems.map(({ option, message }) => `${option}: ${message}`).join();
    }
  };
  assert.equal(problemOf(""), "partition: not a number; use 0 to 1023");
  assert.equal(problemOf("east"), "partition: not a number; use 0 to 1023");
  assert.equal(problemOf("1.5"), "partition: not a whole number; use 0 to 1023");
  assert.equal(problemOf("-1"), "partition: too small; use 0 to 1023");
  assert.equal(problemOf("1024"), "partition: too large; use 0 to 1023");
});

test("its schema is that of a whole number", () => {
  const { properties } = describeOptions(schema) as { properties: Record<string, Record<string, unknown>> };
  const { type, minimum, maximum } = properties["partition"] ?? {};
  assert.deepEqual([type, minimum, maximum], ["integer", 0, 1_023]);
});
