import assert from "node:assert/strict";
import { test } from "node:test";
import { alignColumns } from "./columns.ts";

test("columns are as wide as their widest cell, and lines end without spaces", () => {
  const rows = [
    ["a", "long cell", "x"],
    ["longer id", "b", ""],
  ];
  assert.equal(
    alignColumns(["ID", "TWO", "3"], rows),
    ["ID         TWO        3", "a          long cell  x", "longer id  b"].join("\n"),
  );
});

test("without rows there is the heading", () => {
  assert.equal(alignColumns(["ID", "TWO"], []), "ID  TWO");
});

test("a row may have too few cells", () => {
  assert.equal(alignColumns(["ID", "TWO"], [["a"]]), "ID  TWO\na");
});

test("control characters and those that turn the direction of writing are shown as question marks", () => {
  const cell = "a\u001b[31mb\nc\rd\u009be\u007ff\u202eg\u2028h";
  assert.equal(alignColumns(["X"], [[cell]]), "X\na?[31mb?c?d?e?f?g?h");
});

test("a cell longer than an id can be is cut, so that one row cannot widen all", () => {
  const [, line] = alignColumns(["X", "Y"], [["x".repeat(60_000), "y"]]).split("\n");
  assert.equal(line, `${"x".repeat(127)}…  y`);
  const id = "i".repeat(128);
  assert.equal(alignColumns(["X"], [[id]]).split("\n")[1], id);
});

test("100,000 rows take a moment, not minutes", () => {
  const rows = Array.from({ length: 100_000 }, (_, index) => [
    `peel-${index}`,
    "linux",
    "amd64",
    "1.2.3",
    "yes",
    "3s ago",
  ]);
  const startedMono = performance.now();
  const table = alignColumns(["PEEL ID", "OS", "ARCH", "VERSION", "ONLINE", "LAST-SEEN"], rows);
  assert.ok(performance.now() - startedMono < 5_000);
  assert.equal(table.split("\n").length, 100_001);
});
