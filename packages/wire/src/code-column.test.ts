import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CodeColumn, readCodes } from "./code-column.ts";

function writtenCodes(codes: readonly number[]): Uint8Array {
  const column = new CodeColumn(codes.length);
  for (const code of codes) column.add(code);
  return column.take();
}

test("codes come back as they were", () => {
  const code = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 0xff }), fc.nat({ max: 0xffff }));
  fc.assert(
    fc.property(fc.array(code, { maxLength: 50 }), (codes) => {
      assert.deepEqual(Array.from(readCodes(writtenCodes(codes), codes.length) ?? []), codes);
    }),
  );
});

test("a code that all rows have stands once, and others take as many bytes as the largest", () => {
  assert.deepEqual([...writtenCodes([])], [0, 0, 0]);
  assert.deepEqual([...writtenCodes([7, 7, 7])], [0, 7, 0]);
  assert.deepEqual([...writtenCodes([0x102, 0x102])], [0, 2, 1]);
  assert.deepEqual([...writtenCodes([0, 0xff])], [1, 0, 0xff]);
  assert.deepEqual([...writtenCodes([0, 0x100])], [2, 0, 0, 0, 1]);
});

test("a column that was taken begins anew", () => {
  const column = new CodeColumn(3);
  for (const code of [0x100, 1, 2]) column.add(code);
  column.take();
  column.add(5);
  column.add(6);
  assert.deepEqual([...column.take()], [1, 5, 6]);
});

test("what is no code is not taken", () => {
  const column = new CodeColumn(1);
  for (const code of [-1, 0x1_0000, Number.NaN]) assert.throws(() => column.add(code), /a code has two bytes/);
});

test("bytes that are no codes are refused", () => {
  for (const bytes of [[], [0], [0, 1], [0, 1, 0, 0], [1, 5], [1, 5, 6, 7], [2, 5, 6], [2, 1, 0, 2], [3, 1, 2, 3]]) {
    assert.equal(readCodes(Uint8Array.from(bytes), 2), undefined, `${bytes}`);
  }
});
