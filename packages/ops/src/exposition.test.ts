import assert from "node:assert/strict";
import { test } from "node:test";
import { type Exposition, type ExpositionFormat, writeExposition } from "./exposition.ts";
import type { MetricFamily } from "./metric-family.ts";
import { createMetrics } from "./metrics.ts";
import { createTextBuffer } from "./text-buffer.ts";

const FAMILIES: readonly MetricFamily[] = [
  {
    name: "fleet_jobs_total",
    type: "counter",
    help: 'Jobs, "finalized" or\nnot \\.',
    labels: ["status"],
    values: [{ labels: { status: 'a "b"\n\\' }, value: 3 }],
  },
  {
    name: "fleet_job_duration_seconds",
    type: "histogram",
    help: "Job duration.",
    labels: [],
    values: [
      { metricName: "fleet_job_duration_seconds_bucket", labels: { le: 0.5 }, value: 0 },
      { metricName: "fleet_job_duration_seconds_bucket", labels: { le: 1 }, value: 1 },
      { metricName: "fleet_job_duration_seconds_bucket", labels: { le: "+Inf" }, value: 1 },
      { metricName: "fleet_job_duration_seconds_sum", labels: {}, value: 0.75 },
      { metricName: "fleet_job_duration_seconds_count", labels: {}, value: 1 },
    ],
  },
  {
    name: "fleet_odd",
    type: "gauge",
    help: "Odd values.",
    labels: ["of"],
    values: [Number.NaN, Number.POSITIVE_INFINITY, -0.5, 1e21].map((value) => ({
      labels: { of: "it" },
      value,
    })),
  },
  { name: "fleet_absent", type: "gauge", help: "Nothing known.", labels: [], values: [] },
];

function written(families: readonly MetricFamily[], format: ExpositionFormat): Exposition {
  return writeExposition(families, format, createTextBuffer());
}

test("Prometheus text is what version 0.0.4 wants", () => {
  const { contentType, body } = written(FAMILIES, "text");
  assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(
    body,
    `# HELP fleet_jobs_total Jobs, "finalized" or\\nnot \\\\.
# TYPE fleet_jobs_total counter
fleet_jobs_total{status="a \\"b\\"\\n\\\\"} 3
# HELP fleet_job_duration_seconds Job duration.
# TYPE fleet_job_duration_seconds histogram
fleet_job_duration_seconds_bucket{le="0.5"} 0
fleet_job_duration_seconds_bucket{le="1"} 1
fleet_job_duration_seconds_bucket{le="+Inf"} 1
fleet_job_duration_seconds_sum 0.75
fleet_job_duration_seconds_count 1
# HELP fleet_odd Odd values.
# TYPE fleet_odd gauge
fleet_odd{of="it"} NaN
fleet_odd{of="it"} +Inf
fleet_odd{of="it"} -0.5
fleet_odd{of="it"} 1e+21
# HELP fleet_absent Nothing known.
# TYPE fleet_absent gauge
`,
  );
});

test("OpenMetrics names a counter's family without _total, writes bounds as floats and ends in EOF", () => {
  const { contentType, body } = written(FAMILIES.slice(0, 2), "openmetrics");
  assert.equal(contentType, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assert.equal(
    body,
    `# HELP fleet_jobs Jobs, \\"finalized\\" or\\nnot \\\\.
# TYPE fleet_jobs counter
fleet_jobs_total{status="a \\"b\\"\\n\\\\"} 3
# HELP fleet_job_duration_seconds Job duration.
# TYPE fleet_job_duration_seconds histogram
fleet_job_duration_seconds_bucket{le="0.5"} 0
fleet_job_duration_seconds_bucket{le="1.0"} 1
fleet_job_duration_seconds_bucket{le="+Inf"} 1
fleet_job_duration_seconds_sum 0.75
fleet_job_duration_seconds_count 1
# EOF
`,
  );
});

test("JSON has the same samples, those that are no JSON numbers as text", () => {
  const { contentType, body } = written(FAMILIES, "json");
  assert.equal(contentType, "application/json");
  const { schema_version, metrics } = JSON.parse(body);
  assert.equal(schema_version, 1);
  assert.deepEqual(metrics[0], {
    name: "fleet_jobs_total",
    type: "counter",
    help: 'Jobs, "finalized" or\nnot \\.',
    samples: [{ name: "fleet_jobs_total", labels: { status: 'a "b"\n\\' }, value: 3 }],
  });
  assert.deepEqual(metrics[1].samples[1].labels, { le: "1" });
  assert.deepEqual(
    metrics[2].samples.map(({ value }: { value: unknown }) => value),
    ["NaN", "+Inf", -0.5, 1e21],
  );
});

test("scraped as text, as OpenMetrics, as text and as both at once, the samples bear the same names", async () => {
  const metrics = createMetrics({ component: "peel", version: "v1" });
  metrics.counter("beats_total", "Beats.").inc(2);
  metrics.computedCounter("reads_total", "Reads.", () => 5);
  metrics.histogram("beat_duration_seconds", "Beat duration.", [1]).observe(0.5);
  const namesIn = ({ body }: { body: string }) =>
    body
      .split("\n")
      .filter((line) => /^fleet_/.test(line))
      .map((line) => line.replace(/[{ ].*/, ""));
  const first = namesIn(await metrics.render("text"));
  assert.ok(first.includes("fleet_beats_total") && first.includes("fleet_beat_duration_seconds_bucket"));
  assert.deepEqual(namesIn(await metrics.render("openmetrics")), first);
  assert.deepEqual(namesIn(await metrics.render("text")), first);
  const atOnce = await Promise.all([metrics.render("openmetrics"), metrics.render("text"), metrics.render("json")]);
  assert.deepEqual(namesIn(atOnce[0]), first);
  assert.deepEqual(namesIn(atOnce[1]), first);
  const families: { name: string; samples: { name: string }[] }[] = JSON.parse(atOnce[2].body).metrics;
  const inJson = families.flatMap(({ samples }) => samples.map(({ name }) => name));
  assert.deepEqual(
    inJson.filter((name) => name.startsWith("fleet_")),
    first,
  );
});

test("labels are the same in each format, also those that are numbers", async () => {
  const metrics = createMetrics({ component: "peel", version: "v1" });
  const [major, minor, patch] = process.version.slice(1).split(".");
  const labels = { version: process.version, major, minor, patch };
  const line = `nodejs_version_info{${Object.entries(labels).map(([label, text]) => `${label}="${text}"`)}} 1`;
  for (const format of ["text", "openmetrics"] as const) {
    assert.ok((await metrics.render(format)).body.split("\n").includes(line), format);
  }
  const families: { name: string; samples: unknown[] }[] = JSON.parse((await metrics.render("json")).body).metrics;
  const info = families.find(({ name }) => name === "nodejs_version_info");
  assert.deepEqual(info?.samples, [{ name: "nodejs_version_info", labels, value: 1 }]);
});

test("JSON takes a text with any character", () => {
  for (const help of ['One "quoted", \\, \n, \u007f, é 東 🍊.', "\t and \u0001."]) {
    const { body } = written([{ name: "fleet_it", type: "gauge", help, labels: [], values: [] }], "json");
    assert.equal(JSON.parse(body).metrics[0].help, help);
  }
});
