import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PlaceColumn, readPlaces, ValueTable } from "./place-column.ts";

function createColumns() {
  const table = new ValueTable<string>();
  const added: string[] = [];
  const create = () => new PlaceColumn<string>(50, table, (value) => added.push(value));
  return { table, added, create };
}

test("values come back as they were, and each stands once in the table", () => {
  const value = fc.constantFrom("linux", "darwin", "", undefined);
  fc.assert(
    fc.property(fc.array(value, { maxLength: 50 }), (values) => {
      const { table, added, create } = createColumns();
      const column = create();
      for (const each of values) column.add(each);
      const bytes = column.take();
      const taken = table.take();
      assert.deepEqual(readPlaces(bytes, values.length, taken), values);
      const known = values.filter((each) => each !== undefined);
      assert.deepEqual([taken, added], [[...new Set(known)], taken]);
    }),
  );
});

test("columns share a table, and begin anew with it", () => {
  const { table, added, create } = createColumns();
  const [one, other] = [create(), create()];
  one.add("a");
  other.add("b");
  other.add("a");
  assert.deepEqual(
    [[...one.take()], [...other.take()], table.take()],
    [
      [0, 1, 0],
      [1, 2, 1],
      ["a", "b"],
    ],
  );
  one.add("b");
  one.add("a");
  assert.deepEqual(
    [[...one.take()], table.take()],
    [
      [1, 1, 2],
      ["b", "a"],
    ],
  );
  assert.deepEqual(added, ["a", "b", "b", "a"]);
});

test("a place that the table does not have is refused", () => {
  assert.deepEqual(readPlaces(Uint8Array.of(1, 0, 1), 2, ["a"]), [undefined, "a"]);
  assert.equal(readPlaces(Uint8Array.of(1, 0, 2), 2, ["a"]), undefined);
  assert.equal(readPlaces(Uint8Array.of(1, 0), 2, ["a"]), undefined);
});
