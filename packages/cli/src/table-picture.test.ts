import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureOf } from "./table-picture.ts";

test("a table is cut at the edges of the terminal, and what is left out is counted", () => {
  const table = ["HEADING", "one", "two", "three", "a long line"];
  assert.deepEqual(pictureOf(table, { columns: 80, rows: 6 }), table);
  assert.deepEqual(pictureOf(table, { columns: 6, rows: 6 }), ["HEADI…", "one", "two", "three", "a lon…"]);
  assert.deepEqual(pictureOf(table, { columns: 80, rows: 5 }), ["HEADING", "one", "two", "… and 2 more"]);
});
