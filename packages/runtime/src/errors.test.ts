import assert from "node:assert/strict";
import { test } from "node:test";
import { defineErrors, FleetError, invariant, isFleetError, messageOf, runtimeErrors } from "./errors.ts";

const errors = defineErrors({
  STORE_GONE: { retryable: true, meaning: "The store does not answer." },
  STORE_FULL: { retryable: false, meaning: "The store is full." },
});

test("an error made from a table carries its code, its row's retryable, its message and its cause", () => {
  const cause = new Error("ECONNREFUSED");
  const error = errors.create("STORE_GONE", "the store at 10.0.0.1 does not answer", cause);
  assert.ok(error instanceof FleetError);
  assert.equal(error.name, "FleetError");
  assert.equal(error.code, "STORE_GONE");
  assert.equal(error.retryable, true);
  assert.equal(error.message, "the store at 10.0.0.1 does not answer");
  assert.equal(error.cause, cause);
  assert.equal(errors.create("STORE_FULL", "full").retryable, false);
});

test("an error without a cause has no cause property to be printed", () => {
  assert.equal(Object.hasOwn(errors.create("STORE_FULL", "full"), "cause"), false);
});

test("isFleetError tells operating errors from others, by code if codes are given", () => {
  const error = errors.create("STORE_GONE", "gone");
  assert.equal(isFleetError(error), true);
  assert.equal(isFleetError(error, "STORE_GONE"), true);
  assert.equal(isFleetError(error, "STORE_FULL", "STORE_GONE"), true);
  assert.equal(isFleetError(error, "STORE_FULL"), false);
  assert.equal(isFleetError(Object.assign(new Error("gone"), { code: "STORE_GONE" }), "STORE_GONE"), false);
  assert.equal(isFleetError(undefined), false);
});

test("messageOf gives the text of anything thrown", () => {
  assert.equal(messageOf(new Error("broken")), "broken");
  assert.equal(messageOf("broken"), "broken");
  assert.equal(messageOf(undefined), "undefined");
  assert.equal(messageOf(503), "503");
  assert.equal(messageOf({ status: 503 }), "{ status: 503 }");
  assert.equal(messageOf(Object.create(null)), "[Object: null prototype] {}");
});

test("messageOf is not empty for an error that has no text of its own", () => {
  assert.equal(messageOf(new TypeError()), "TypeError");
  const refused = new AggregateError([
    new Error("connect ECONNREFUSED ::1"),
    new Error("connect ECONNREFUSED 127.0.0.1"),
  ]);
  assert.equal(messageOf(refused), "connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1");
  assert.equal(messageOf(new AggregateError([])), "AggregateError");
});

test("invariant throws an ordinary error, which nobody takes for an operating error", () => {
  invariant(true, "fine");
  assert.throws(
    () => invariant(0, "the interval is above zero"),
    (error) => !isFleetError(error) && messageOf(error) === "invariant violated: the interval is above zero",
  );
});

test("the codes of this package are upper case and every row has a sentence", () => {
  for (const [code, row] of Object.entries(runtimeErrors.rows)) {
    assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
    assert.match(row.meaning, /^[A-Z].*\.$/);
  }
});
