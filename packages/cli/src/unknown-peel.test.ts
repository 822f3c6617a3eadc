import assert from "node:assert/strict";
import { test } from "node:test";
import { unknownPeel } from "./unknown-peel.ts";

const known = ["web-1", "web-2", "db-1", "a-long-name-of-a-host_example_com"];
const cases: readonly [string, string][] = [
  ["web1", "there is no peel web1; did you mean web-1?"],
  ["Web-2", "there is no peel Web-2; did you mean web-2?"],
  [
    "a-long-nam-of-hosts_example_com",
    "there is no peel a-long-nam-of-hosts_example_com; did you mean a-long-name-of-a-host_example_com?",
  ],
  ["cache-7", "there is no peel cache-7"],
  ["x", "there is no peel x"],
];
for (const [id, message] of cases) {
  test(`of ${id} is said "${message}"`, () => {
    const error = unknownPeel(id, known);
    assert.deepEqual([error.code, error.message], ["PEEL_UNKNOWN", message]);
  });
}
