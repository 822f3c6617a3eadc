import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { orderById } from "./id-order.ts";

const rowsOf = (ids: readonly string[]) => ids.map((id) => ({ id }));
const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
const orderOf = (ids: readonly string[]) => [...new Set(ids)].sort();

/** The same for the same `seed`, between 0 and 1. */
const shuffled = (ids: readonly string[], seed: number) =>
  [...ids].sort((one, other) => hash(`${seed}${one}`) - hash(`${seed}${other}`));
const hash = (text: string) => [...text].reduce((sum, each) => (sum * 31 + each.charCodeAt(0)) % 65_521, 7);

test("rows come in the order of their ids, each once, whatever these are", () => {
  const id = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.stringMatching(/^[a-c_-]{0,3}-[0-9]{1,9}$/),
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc.constantFrom("a", "a\0", "a\0\0", "", "\x7f", "\x80", "same-prefix-of-many", "same-prefix-of-manyer"),
  );
  fc.assert(
    fc.property(fc.array(id, { maxLength: 300 }), fc.constantFrom("", "common-prefix-"), (given, prefix) => {
      const ids = given.map((each) => `${prefix}${each}`);
      assert.deepEqual(idsOf(orderById(rowsOf(ids))), orderOf(ids));
    }),
  );
});

test("ids that differ only far behind are in order as well", () => {
  const ids = Array.from({ length: 3_000 }, (_, at) => {
    const place = ["web", "db", "cache"][at % 3];
    return `${place}-${["europe-west", "asia-east"][at % 2]}-${at}_example_com`;
  });
  assert.deepEqual(idsOf(orderById(rowsOf(shuffled(ids, 1)))), orderOf(ids));
});

test("a character that stands for nothing is one all the same", () => {
  const ids = [...Array.from({ length: 30 }, (_, at) => `b${at}`), "a\0\0", "a\0", "a"];
  assert.deepEqual(idsOf(orderById(rowsOf(ids))), orderOf(ids));
});

test("characters of all kinds count, wherever they stand", () => {
  const id = fc.string({ unit: fc.constantFrom(..."09AZ_-az"), minLength: 4, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(id, { minLength: 100, maxLength: 300 }), (ids) => {
      assert.deepEqual(idsOf(orderById(rowsOf(ids))), orderOf(ids));
    }),
  );
});

test("what is ordered is left as it was, and each row is the one that had the id", () => {
  const rows = shuffled(
    Array.from({ length: 100 }, (_, at) => `p${at}`),
    2,
  ).map((id) => ({ id, name: `${id}!` }));
  const before = [...rows];
  const ordered = orderById(rows);
  assert.deepEqual(rows, before);
  assert.ok(ordered.every(({ id, name }) => name === `${id}!`));
});

test("of very many with one id the last stays", () => {
  for (const id of ["", "one", "one-with-many-characters", "ü"]) {
    for (const count of [2, 100]) {
      const rows = Array.from({ length: count }, (_, place) => ({ id, place }));
      assert.deepEqual(orderById(rows), [{ id, place: count - 1 }]);
    }
  }
});

test("a peel that comes again is the one that came last, wherever it stands among others", () => {
  for (const length of [5, 500]) {
    const before = Array.from({ length }, (_, at) => ({ id: `peel-${at}`, name: "before" }));
    const again = before.filter((_, at) => at % 3 === 0).map(({ id }) => ({ id, name: "again" }));
    const names = new Map([...before, ...again].map(({ id, name }) => [id, name]));
    const ordered = orderById([...before, ...again]);
    assert.deepEqual(
      ordered.map(({ id, name }) => [id, name]),
      [...names].sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  }
});
