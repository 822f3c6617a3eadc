import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "@fleet/ops";
import type { Elector } from "./elector.ts";
import { registerLeaseMetrics } from "./lease-metrics.ts";
import { createElectorScene, LEASE } from "./testing/elector-scene.ts";

test("a lease is measured under the names of the documentation, from standby through holding it to standby", async () => {
  const { clock, candidate } = createElectorScene();
  const metrics = createMetrics({ component: "master", version: "1.2.3" });
  let elector: Elector | undefined;
  const { events } = registerLeaseMetrics(metrics, LEASE, () => {
    assert.ok(elector);
    return elector;
  });
  const series = async () => {
    const { body } = await metrics.render();
    return body
      .split("\n")
      .filter((line) => /^fleet_lease_/.test(line) && !/_bucket|_sum/.test(line))
      .map((line) => line.replace(/^fleet_lease_/, "").replace('{lease="publisher"}', ""));
  };

  const one = candidate("one", { events });
  elector = one.elector;
  assert.deepEqual(await series(), ["held 0", "transitions_total 0"]);

  await clock.advance(7_000);
  assert.deepEqual(await series(), [
    "held 1",
    "term 1",
    `last_renew_timestamp_seconds ${(clock.wallMs() - 1_000) / 1_000}`,
    "transitions_total 1",
    "renew_duration_seconds_count 3",
  ]);

  one.stop();
  await clock.advance(10);
  assert.deepEqual(await series(), ["held 0", "transitions_total 2", "renew_duration_seconds_count 3"]);
});
