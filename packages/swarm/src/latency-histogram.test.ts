import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLatencyHistogram } from "./latency-histogram.ts";

describe("the latency histogram", () => {
  it("gives quantiles that are at most a tenth too high, and the greatest value", () => {
    const histogram = createLatencyHistogram();
    for (let value = 1; value <= 1_000; value += 1) histogram.record(value);
    for (const part of [0.01, 0.5, 0.9, 0.99, 1]) {
      const quantile = histogram.quantile(part);
      assert.ok(quantile >= part * 1_000 && quantile <= part * 1_100, `${part}: ${quantile}`);
    }
    assert.equal(histogram.maxMs, 1_000);
    assert.ok(histogram.quantile(1) <= 1_000);
  });

  it("takes nothing, the shortest and the longest", () => {
    const histogram = createLatencyHistogram();
    assert.deepEqual([histogram.quantile(0.5), histogram.maxMs], [0, 0]);
    histogram.record(0);
    histogram.record(1e9);
    assert.ok(histogram.quantile(0.5) <= 0.01);
    assert.equal(histogram.maxMs, 1e9);
  });
});
