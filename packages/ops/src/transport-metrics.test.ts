import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./metrics.ts";
import { registerTransportMetrics } from "./transport-metrics.ts";

test("the transport counters follow their source from scrape to scrape", async () => {
  const metrics = createMetrics({ component: "master", version: "v1", prefix: "zester" });
  const source = { reconnects: 0, disconnects: 0, slowConsumers: 0 };
  registerTransportMetrics(metrics, source);
  const values = async () => (await metrics.render()).body.match(/^zester_nats_.*$/gm);
  assert.deepEqual(await values(), [
    "zester_nats_reconnects_total 0",
    "zester_nats_disconnects_total 0",
    "zester_nats_slow_consumers_total 0",
  ]);
  Object.assign(source, { reconnects: 1, disconnects: 2, slowConsumers: 3 });
  assert.deepEqual(await values(), [
    "zester_nats_reconnects_total 1",
    "zester_nats_disconnects_total 2",
    "zester_nats_slow_consumers_total 3",
  ]);
});
