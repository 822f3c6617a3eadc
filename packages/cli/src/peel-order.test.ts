import assert from "node:assert/strict";
import { test } from "node:test";
import { createListedPeel } from "@fleet/presence/testing";
import { sortPeels } from "./peel-order.ts";

const peels = [
  createListedPeel({ id: "a", state: "online", sinceMs: 300, version: "2" }),
  createListedPeel({ id: "b", state: "offline", version: "1" }),
  createListedPeel({ id: "c", state: "online", sinceMs: 100, version: "2" }),
  createListedPeel({ id: "d", state: "late", sinceMs: 200 }),
];
const cases: readonly [string, boolean, string][] = [
  ["id", false, "abcd"],
  ["id", true, "dcba"],
  ["since", false, "cdab"],
  ["since", true, "adcb"],
  ["state", false, "dbac"],
  ["version", false, "bacd"],
  ["version", true, "acbd"],
  ["os", false, "abcd"],
];
for (const [column, descending, order] of cases) {
  test(`by ${column}${descending ? ", turned round," : ""} the order is ${order}`, () => {
    const sorted = sortPeels(peels, { column: column as "id", descending });
    assert.equal(sorted.map(({ id }) => id).join(""), order);
  });
}
