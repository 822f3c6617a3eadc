import assert from "node:assert/strict";
import { test } from "node:test";
import { Counter, Gauge, Histogram } from "prom-client";
import { createCounter, createGauge, createHistogram } from "./kept-metric.ts";
import type { MetricValue } from "./metric-family.ts";

const BOUNDS = [0, 0.1, 2.5, 10];
const OBSERVED = [0.1, 0.10000001, 3, 11, -7, 0, 10, -2];

/** Values in one form, whoever keeps them: prom-client has bounds as numbers. */
function plain(name: string, values: readonly MetricValue[]): unknown[] {
  return values.map(({ metricName = name, labels, value }) => {
    return { metricName, labels: Object.entries(labels).map(([label, text]) => `${label}=${text}`), value };
  });
}

/** What prom-client keeps of the same metric. */
async function reference(metric: { get(): Promise<unknown> }, name: string): Promise<unknown[]> {
  const { values } = (await metric.get()) as { values: readonly MetricValue[] };
  return plain(name, values);
}

const config = { name: "it", help: "It.", registers: [] };
const labelled = { ...config, labelNames: ["to", "by"] };

test("a counter keeps what one of prom-client does, with and without labels", async () => {
  const theirs = new Counter(config);
  const { metric, values } = createCounter([]);
  assert.deepEqual(plain("it", values), await reference(theirs, "it"));
  for (const by of [1, 0, 2.5]) {
    metric.inc(by);
    theirs.inc(by);
  }
  metric.inc();
  theirs.inc();
  assert.deepEqual(plain("it", values), await reference(theirs, "it"));

  const theirsBy = new Counter(labelled);
  const ours = createCounter(["to", "by"]);
  assert.deepEqual(ours.values, []);
  for (const to of ["a", "b", "a"]) {
    for (const by of ["x", "y"]) {
      ours.metric.inc({ to, by });
      theirsBy.inc({ to, by });
      ours.metric.inc({ to, by }, 4);
      theirsBy.inc({ to, by }, 4);
    }
  }
  assert.deepEqual(plain("it", ours.values), await reference(theirsBy, "it"));
  assert.equal(ours.values.length, 4);
});

test("a gauge keeps what one of prom-client does, with and without labels", async () => {
  const theirs = new Gauge(config);
  const { metric, values } = createGauge([]);
  assert.deepEqual(plain("it", values), await reference(theirs, "it"));
  for (const value of [3, -0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    metric.set(value);
    theirs.set(value);
    assert.deepEqual(plain("it", values), await reference(theirs, "it"));
  }

  const theirsBy = new Gauge(labelled);
  const ours = createGauge(["to", "by"]);
  ["a", "b", "a"].forEach((to, value) => {
    ours.metric.set({ to, by: "x" }, value);
    theirsBy.set({ to, by: "x" }, value);
  });
  assert.deepEqual(plain("it", ours.values), await reference(theirsBy, "it"));
});

test("a histogram keeps what one of prom-client gives, each bucket with those below, with and without labels", async () => {
  const theirs = new Histogram({ ...config, buckets: BOUNDS });
  const { metric, values } = createHistogram("it", BOUNDS, []);
  assert.deepEqual(plain("it", values), await reference(theirs, "it"));
  for (const value of OBSERVED) {
    metric.observe(value);
    theirs.observe(value);
  }
  assert.deepEqual(plain("it", values), await reference(theirs, "it"));

  const theirsBy = new Histogram({ ...labelled, buckets: BOUNDS });
  const ours = createHistogram("it", BOUNDS, ["to", "by"]);
  assert.deepEqual(ours.values, []);
  OBSERVED.forEach((value, index) => {
    const labels = { to: `t${index % 3}`, by: `b${index % 2}` };
    ours.metric.observe(labels, value);
    theirsBy.observe(labels, value);
  });
  assert.deepEqual(plain("it", ours.values), await reference(theirsBy, "it"));
});

test("series are told apart by every label, whatever the order in which labels are given, and in the order of their names", () => {
  const { metric, values } = createCounter(["to", "by"]);
  metric.inc({ to: "a", by: "bc" });
  metric.inc({ to: "ab", by: "c" });
  metric.inc({ by: "bc", to: "a" });
  assert.deepEqual(values, [
    { labels: { to: "a", by: "bc" }, value: 2 },
    { labels: { to: "ab", by: "c" }, value: 1 },
  ]);
  metric.inc({ by: "z", to: "z" });
  assert.deepEqual(Object.keys(values[2]?.labels ?? {}), ["to", "by"]);
});

test("a caller who goes on to change its labels changes no series", () => {
  const { metric, values } = createGauge(["to"]);
  const labels = { to: "a" };
  metric.set(labels, 1);
  labels.to = "b";
  assert.deepEqual(values, [{ labels: { to: "a" }, value: 1 }]);
});

test("a change that is refused makes no series", () => {
  const counter = createCounter(["to"]);
  assert.throws(() => counter.metric.inc({ to: "a" }, -1), /rises by a number/);
  const histogram = createHistogram("it", [1], ["to"]);
  assert.throws(() => histogram.metric.observe({ to: "a" }, Number.NaN), /observes a number/);
  assert.deepEqual([counter.values, histogram.values], [[], []]);
});

test("what a metric cannot take is a programming error and changes nothing", () => {
  const counter = createCounter([]);
  for (const by of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => counter.metric.inc(by), /rises by a number/);
  assert.deepEqual(counter.values, [{ labels: {}, value: 0 }]);
  const histogram = createHistogram("it", [1], []);
  assert.throws(() => histogram.metric.observe(Number.NaN), /observes a number/);
  assert.ok(histogram.values.every(({ value }) => value === 0));
  const gauge = createGauge([]);
  assert.throws(() => gauge.metric.set("5" as unknown as number), /set to a number/);
  assert.deepEqual(gauge.values, [{ labels: {}, value: 0 }]);
  const labels = {} as { to: string };
  assert.throws(() => createGauge(["to"]).metric.set(labels, 1), /each label has a value/);
  for (const bounds of [[1, 1], [-1, 1], [Number.NaN], [1, Number.POSITIVE_INFINITY]]) {
    assert.throws(() => createHistogram("it", bounds, []), /the bounds of it ascend/);
  }
  assert.throws(() => createHistogram("it", [1], ["le"]), /the label le of it/);
});
