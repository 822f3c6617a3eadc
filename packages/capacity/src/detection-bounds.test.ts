import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { detectionBounds } from "./detection-bounds.ts";

describe("the bounds of detection", () => {
  it("are those of the beat that is late and the probes after it, while the TTL is longer", () => {
    const { crashedWithSystemAccountMs, crashedMs, hungMs } = detectionBounds({ intervalMs: 10_000, ttlMs: 30_000 });
    assert.deepEqual([crashedWithSystemAccountMs, crashedMs, hungMs], [1_000, 14_000, 30_100]);
  });

  it("are the TTL's where that comes first: a crash is never told later than a peel that hangs", () => {
    const { crashedWithSystemAccountMs, crashedMs, hungMs } = detectionBounds({ intervalMs: 100, ttlMs: 300 });
    assert.deepEqual([crashedWithSystemAccountMs, crashedMs, hungMs], [400, 400, 400]);
    const slower = detectionBounds({ intervalMs: 1_000, ttlMs: 3_000 });
    assert.deepEqual([slower.crashedWithSystemAccountMs, slower.crashedMs, slower.hungMs], [1_000, 3_100, 3_100]);
  });
});
