import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "@fleet/ops";
import type { LiveView } from "@fleet/presence";
import { registerPresenceMetrics } from "./presence-metrics.ts";

/** What is served of a fleet with these numbers of peels by version. */
async function servedVersions(versions: ReadonlyMap<string, number>): Promise<string[]> {
  const view = {
    counts: {},
    resyncs: new Map(),
    listener: { malformed: {} },
    versions,
    onTransition() {},
    sampleClockSkew() {},
  };
  const metrics = createMetrics({ component: "master", version: "v1" });
  const counter = { count: 0, refreshedAt: undefined };
  registerPresenceMetrics(metrics, {
    view: view as unknown as LiveView,
    counter: counter as Parameters<typeof registerPresenceMetrics>[1]["counter"],
    drift: () => 0,
  });
  const { body } = await metrics.render();
  return body.split("\n").filter((line) => line.startsWith("fleet_peels_by_version{"));
}

test("the versions that most peels have are told by name, and the rest together", async () => {
  const versions = new Map(Array.from({ length: 23 }, (_, index) => [`v${index}`, 100 - index]));
  const served = await servedVersions(versions);
  assert.equal(served.length, 21);
  assert.equal(served[0], 'fleet_peels_by_version{version="v0"} 100');
  assert.equal(served[20], 'fleet_peels_by_version{version="other"} 237');
});

test("a version that is called as the rest are is no series of its own", async () => {
  const versions = new Map([["other", 1_000], ...Array.from({ length: 21 }, (_, index) => [`v${index}`, 10] as const)]);
  const others = (await servedVersions(versions)).filter((line) => line.includes('"other"'));
  assert.deepEqual(others, ['fleet_peels_by_version{version="other"} 1020']);
});
