// Holds docs/metrics.md to the metrics that a peel and a master register.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMaster, resolveMasterOptions } from "@fleet/master";
import type { MetricDescription, Metrics } from "@fleet/ops";
import { createPeel, resolvePeelOptions } from "@fleet/peel";
import { systemClock } from "@fleet/runtime";
import { createRecordingLogger } from "@fleet/runtime/testing";
import { documentedMetrics, documentedMetricsOf, METRICS_PAGE, type Program } from "./metrics-page.ts";

/** Of programs that never run: what they measure is registered when they are made. */
function registeredMetrics(): Record<Program, Metrics> {
  const parts = { version: "", session: "", clock: systemClock, random: Math.random, logger: createRecordingLogger() };
  return {
    peel: createPeel({ ...parts, config: resolvePeelOptions({ id: "p" }) }).metrics,
    master: createMaster({ ...parts, config: resolveMasterOptions({ id: "m" }) }).metrics,
  };
}

function describe({ name, type, labels, help }: Omit<MetricDescription, "type"> & { readonly type: string }): string {
  return `${name} (${type}; ${labels.join(", ")}): ${help}`;
}

for (const [program, metrics] of Object.entries(registeredMetrics()) as [Program, Metrics][]) {
  const registered = metrics.describe().filter(({ name }) => process.platform === "linux" || !/^process_/.test(name));

  test(`${METRICS_PAGE} has every metric of a ${program}, with what the code says of it, and no other`, () => {
    const documented = documentedMetricsOf(program).map(describe);
    const declared = registered.map(describe);
    const differences = [
      ...declared.filter((row) => !documented.includes(row)).map((row) => `missing: ${row}`),
      ...documented.filter((row) => !declared.includes(row)).map((row) => `not in the code: ${row}`),
    ];
    assert.ok(
      differences.length === 0,
      `${METRICS_PAGE} differs from the code, run npm run docs\n${differences.join("\n")}`,
    );
  });

  test(`the metrics of a ${program} obey the naming rules`, () => {
    for (const { name, type, labels, help } of registered) {
      assert.match(name, /^(fleet|process|nodejs)_[a-z0-9_]+$/);
      assert.equal(name.endsWith("_total"), type === "counter", `${name}: _total is what counters end in`);
      if (type === "histogram") assert.match(name, /_(seconds|bytes)$/, `${name} ends in its unit`);
      if (/timestamp/.test(name)) assert.match(name, /_timestamp_seconds$/);
      assert.doesNotMatch(name, /_(ms|millis|milliseconds|minutes|kb|mb|percent)(_|$)/, `${name}: base units only`);
      for (const label of labels) {
        assert.doesNotMatch(label, /^(id|peel|peel_id|session|host|subject|key|le)$/, `${name}: ${label} has no bound`);
      }
      assert.match(help, /\S\.$/, `the meaning of ${name} is a sentence`);
    }
  });
}

test("no metric is on the page twice", () => {
  const names = documentedMetrics().map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});
