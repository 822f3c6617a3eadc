import assert from "node:assert/strict";
import { test } from "node:test";
import { collectDefaultMetrics, Registry } from "prom-client";
import { createMetrics } from "./metrics.ts";

/** What is left out on purpose: what its monitor of the event loop says, and gauges that are named like counters. */
const LEFT_OUT =
  /^nodejs_(eventloop_lag_(min|max|mean|stddev|p\d\d)_seconds|active_(handles|requests|resources)_total)$/;

test("the process tells of itself what prom-client would tell of it, in the same words", () => {
  const theirs = new Registry();
  collectDefaultMetrics({ register: theirs });
  const ours = createMetrics({ component: "peel", version: "v1" }).describe();
  assert.deepEqual(
    ours.filter(({ name }) => /^(process|nodejs)_/.test(name)).map(({ name, type, help }) => [name, type, help]),
    (theirs.getMetricsAsArray() as unknown as { name: string; type: string; help: string }[])
      .filter(({ name }) => !LEFT_OUT.test(name))
      .map(({ name, type, help }) => [name, type, help]),
  );
});

test("the CPU time is that since the process began", async () => {
  const { user, system } = process.cpuUsage();
  const { body } = await createMetrics({ component: "peel", version: "v1" }).render();
  const seconds = Number(/^process_cpu_seconds_total (.+)$/m.exec(body)?.[1]);
  assert.ok(seconds >= (user + system) / 1e6, `${seconds} s`);
});
