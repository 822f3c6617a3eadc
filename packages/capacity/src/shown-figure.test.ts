import assert from "node:assert/strict";
import { test } from "node:test";
import { showBytes, showNumber } from "./shown-figure.ts";

test("a figure is shown to two digits", () => {
  assert.deepEqual([0.001234, 1.46, 12.6, 1_234, 0].map(showNumber), ["0.0012", "1.5", "13", "1,200", "0"]);
});

test("bytes are shown in the unit that needs the fewest digits", () => {
  assert.deepEqual([0, 999, 1_000, 999_600, 50_420e6, 5.04e12, 2e18].map(showBytes), [
    "0 B",
    "1 kB",
    "1 kB",
    "1 MB",
    "50 GB",
    "5 TB",
    "2,000 PB",
  ]);
});
