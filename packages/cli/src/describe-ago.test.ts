import assert from "node:assert/strict";
import { test } from "node:test";
import { describeAgo } from "./describe-ago.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const cases: readonly [number, string][] = [
  [-5_000, "0s ago"],
  [0, "0s ago"],
  [999, "0s ago"],
  [1_999, "1s ago"],
  [2 * MINUTE_MS - 1, "119s ago"],
  [2 * MINUTE_MS, "2m ago"],
  [2 * HOUR_MS - 1, "119m ago"],
  [2 * HOUR_MS, "2h ago"],
  [2 * DAY_MS - 1, "47h ago"],
  [2 * DAY_MS, "2d ago"],
  [400 * DAY_MS, "400d ago"],
];
for (const [durationMs, text] of cases) {
  test(`${durationMs} ms are "${text}"`, () => assert.equal(describeAgo(durationMs), text));
}
