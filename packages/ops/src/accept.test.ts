import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAccept, weightOf } from "./accept.ts";

test("a type is wanted as much as the narrowest range that it is of", () => {
  const table: [accept: string | undefined, type: string, weight: number][] = [
    [undefined, "text/plain", 0],
    ["", "text/plain", 0],
    ["text/plain", "text/plain", 1],
    ["Text/Plain; Q=0.5", "text/plain", 0.5],
    ["*/*;q=0.9, text/*;q=0.5, text/plain;q=0.1", "text/plain", 0.1],
    ["*/*;q=0.9, text/*;q=0.5", "text/plain", 0.5],
    ["*/*;q=0.9", "text/plain", 0.9],
    ["*/*, text/plain;q=0", "text/plain", 0],
    ["text/plain;q=0.2, text/plain;q=0.7", "text/plain", 0.7],
    ["text/plainer, application/*", "text/plain", 0],
    ["text/plain;q=lots", "text/plain", 0],
    ["text/plain;q=2", "text/plain", 0],
    ["text/plain;q=", "text/plain", 0],
    [";;;,,,q=1", "text/plain", 0],
  ];
  for (const [accept, type, weight] of table) assert.equal(weightOf(parseAccept(accept), type), weight, accept);
});

test("a range of the type itself counts only if it is of what we have", () => {
  const ranges = parseAccept('text/plain;version="1.0.0", text/*;q=0.3');
  assert.equal(
    weightOf(ranges, "text/plain", ({ parameters }) => parameters.get("version") === "1.0.0"),
    1,
  );
  assert.equal(
    weightOf(ranges, "text/plain", ({ parameters }) => parameters.get("version") === "2.0.0"),
    0.3,
  );
});
