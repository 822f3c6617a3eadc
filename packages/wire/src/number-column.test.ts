import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NumberColumn, readNumbers } from "./number-column.ts";

function writtenNumbers(values: readonly (number | undefined)[]): Uint8Array {
  const column = new NumberColumn(values.length);
  for (const value of values) column.add(value);
  return column.take();
}

const HEAD = 9;

test("numbers come back to the nearest whole one, however far they are from each other", () => {
  const value = fc.oneof(
    fc.integer(),
    fc.integer({ min: -3, max: 252 }),
    fc.maxSafeInteger(),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.constant(undefined),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 50 }), (values) => {
      const read = readNumbers(writtenNumbers(values), values.length);
      assert.ok(read);
      assert.deepEqual(
        read.map((number) => (number === undefined ? undefined : number + 0)),
        values.map((number) => (number === undefined ? undefined : Math.round(number) + 0)),
      );
    }),
  );
});

test("a row takes as few bytes as hold how much more than the least it is", () => {
  const widthOf = (...values: (number | undefined)[]) => (writtenNumbers(values).length - HEAD) / values.length;
  assert.equal(widthOf(10_000, 10_000), 0);
  assert.equal(widthOf(undefined, undefined), 0);
  assert.equal(widthOf(10_000, undefined), 1);
  assert.equal(widthOf(10_000, 10_254), 1);
  assert.equal(widthOf(10_000, 10_255), 2);
  assert.equal(widthOf(-5, 65_529), 2);
  assert.equal(widthOf(-5, 65_530), 4);
  assert.equal(widthOf(0, 2 ** 32 - 2), 4);
  assert.equal(widthOf(0, 2 ** 32 - 1), 8);
});

test("what is not a finite number is not known, and the others are what they were", () => {
  const { NaN: none, POSITIVE_INFINITY: endless } = Number;
  for (const values of [[none], [5, none], [none, 5, 6], [endless, 5], [-endless], [0, none, 2 ** 40]]) {
    assert.deepEqual(
      readNumbers(writtenNumbers(values), values.length),
      values.map((value) => (Number.isFinite(value) ? value : undefined)),
    );
  }
});

test("any bytes are numbers or are refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 10 }), (bytes, rows) => {
      const read = readNumbers(bytes, rows);
      assert.ok(read === undefined || read.length === rows);
      assert.ok(!read?.some(Number.isNaN));
    }),
  );
});
