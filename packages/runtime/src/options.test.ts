import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { isFleetError } from "./errors.ts";
import { durationOption, InvalidOptionsError, resolveOptions } from "./options.ts";

const schema = z.strictObject({
  interval: durationOption({ minMs: 1_000, maxMs: 60_000 }),
  port: z.number().int().max(65_535).default(9_090),
  log: z.strictObject({ level: z.enum(["info", "warn"]) }).optional(),
});

function problemsOf(given: unknown) {
  try {
    resolveOptions(schema, given);
  } catch (error) {
    assert.ok(error instanceof InvalidOptionsError);
    return error.problems;
  }
  return assert.fail("the options were taken");
}

test("good options are resolved: durations to milliseconds, defaults filled in", () => {
  assert.deepEqual(resolveOptions(schema, { interval: "1m" }), { interval: 60_000, port: 9_090 });
});

test("all problems are reported at once, each with its option", () => {
  const problems = problemsOf({ interval: "soon", port: 70_000, log: { level: "loud" } });
  assert.deepEqual(
    problems.map((problem) => problem.option),
    ["interval", "port", "log.level"],
  );
});

test("the error has the code INVALID_OPTIONS and a message with every problem", () => {
  assert.throws(
    () => resolveOptions(schema, { interval: "soon", port: 1.5 }),
    (error) => {
      assert.ok(isFleetError(error, "INVALID_OPTIONS"));
      assert.equal(error.retryable, false);
      assert.match(error.message, /^invalid options: interval: .*; port: /);
      return true;
    },
  );
});

test("every unknown option is a problem of its own, named with its path", () => {
  assert.deepEqual(problemsOf({ interval: "5s", intervall: "5s", ports: 1, log: { level: "info", colour: true } }), [
    { option: "log.colour", message: "there is no such option" },
    { option: "intervall", message: "there is no such option" },
    { option: "ports", message: "there is no such option" },
  ]);
});

test("a word that is not a duration is told what one looks like", () => {
  assert.deepEqual(problemsOf({ interval: "soon" }), [
    { option: "interval", message: '"soon" is not a duration; write for example 250ms, 15s or 1h30m' },
  ]);
});

test("a number without a unit, as YAML gives it, is told what a duration looks like", () => {
  assert.deepEqual(problemsOf({ interval: 15 }), [
    { option: "interval", message: "not a duration; write for example 250ms, 15s or 1h30m" },
  ]);
});

test("a duration out of bounds is told the bounds, and the bounds themselves are allowed", () => {
  assert.deepEqual(problemsOf({ interval: "2h" }), [{ option: "interval", message: "2h is outside 1s to 60s" }]);
  assert.deepEqual(problemsOf({ interval: "999ms" }), [{ option: "interval", message: "999ms is outside 1s to 60s" }]);
  assert.equal(resolveOptions(schema, { interval: "1s" }).interval, 1_000);
  assert.equal(resolveOptions(schema, { interval: "60s" }).interval, 60_000);
});

test("options that are not an object at all are one problem of the options", () => {
  for (const given of [undefined, null, "interval=5s", []]) {
    assert.deepEqual(
      problemsOf(given).map((problem) => problem.option),
      ["(options)"],
    );
  }
});
