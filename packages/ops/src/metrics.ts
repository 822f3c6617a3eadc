import { InvalidOptionsError, invariant } from "@fleet/runtime";
import * as z from "zod";
import { type ComputedMetric, createComputedMetric } from "./computed-metric.ts";
import { type Exposition, type ExpositionFormat, writeExposition } from "./exposition.ts";
import { createCounter, createGauge, createHistogram, type KeptMetric } from "./kept-metric.ts";
import type { Counter, Gauge, Histogram, Reading } from "./metric.ts";
import { type MetricDescription, type MetricFamily, type MetricType, openMetricsName, TOTAL } from "./metric-family.ts";
import { createProcessMetrics } from "./process-metrics.ts";
import { createTextBuffer } from "./text-buffer.ts";

export interface MetricsOptions {
  /** Put before the name of every metric but `process_*` and `nodejs_*`. @default "fleet" */
  readonly prefix?: string;
  readonly component: string;
  readonly version: string;
  /** Told when a computed metric cannot be read; it is left out of that scrape and counted either way. */
  readonly onReadError?: (name: string, error: unknown) => void;
}

/**
 * The metrics of one process or one part of it. Names are given without the prefix and full otherwise, unit and
 * `_total` included. A name given twice, or one that breaks the rules, is a programming error and throws.
 */
export interface Metrics {
  readonly prefix: string;
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  gauge<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Gauge<Label>;
  /** `buckets` are upper bounds, ascending, from 0 at the least, in the unit of the name. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Histogram<Label>;
  /** A counter that is kept elsewhere: `read` gives its total at every scrape, each series once. */
  computedCounter<Label extends string = never>(
    name: string,
    help: string,
    read: () => Reading<Label>,
    labels?: readonly Label[],
  ): void;
  /** A gauge that is computed at every scrape, each series once. `read` must be quick: a scrape waits for no I/O. */
  computedGauge<Label extends string = never>(
    name: string,
    help: string,
    read: () => Reading<Label>,
    labels?: readonly Label[],
  ): void;
  /** All metrics there are, in the order in which they are written. */
  describe(): readonly MetricDescription[];
  /** All metrics as of now. @default "text" */
  render(format?: ExpositionFormat): Promise<Exposition>;
}

const PREFIX_PATTERN = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const SNAKE_CASE = /^[a-z][a-z0-9_]*$/;
const PREFIX_RULE = "is not a metric prefix; it takes letters, digits and underscores, and no digit first";

/** A schema for a metric prefix option. */
export function metricPrefixOption(): z.ZodType<string, string> {
  return z.string().regex(PREFIX_PATTERN, { error: (issue) => `"${issue.input}" ${PREFIX_RULE}` });
}

/**
 * Creates metrics with a registry of their own: two in one process do not know of each other. Throws `INVALID_OPTIONS`
 * if the prefix cannot begin a name.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const { prefix = "fleet", component, version } = options;
  if (!PREFIX_PATTERN.test(prefix)) {
    throw new InvalidOptionsError([{ option: "prefix", message: `"${prefix}" ${PREFIX_RULE}` }]);
  }
  const families: MetricFamily[] = [];
  const describe = () => families.map(({ name, type, help, labels }) => ({ name, type, help, labels }));
  const define = (type: MetricType, name: string, help: string, labels: readonly string[]): MetricDescription => {
    invariant(SNAKE_CASE.test(name), `metric name "${name}" is snake_case`);
    for (const label of labels) invariant(SNAKE_CASE.test(label), `label "${label}" of "${name}" is snake_case`);
    if (type === "counter") invariant(name.endsWith(TOTAL), `counter name "${name}" ends in ${TOTAL}`);
    else invariant(!name.endsWith(TOTAL), `name "${name}" of no counter does not end in ${TOTAL}`);
    const description = { name: `${prefix}_${name}`, type, help, labels: [...labels] };
    const taken = families.find((other) => openMetricsName(other) === openMetricsName(description));
    invariant(!taken, `metric name "${name}" is not taken by ${taken?.name}`);
    return description;
  };

  let failedReads = 0;
  const computed: ComputedMetric[] = [];
  const compute = <Label extends string = never>(
    type: MetricType,
    name: string,
    help: string,
    read: () => Reading<Label>,
    labels: readonly Label[] = [],
  ) => {
    const onError = (error: unknown) => {
      failedReads += 1;
      options.onReadError?.(name, error);
    };
    const metric = createComputedMetric({ ...define(type, name, help, labels), read, onError });
    families.push(metric.family);
    return metric;
  };
  const readErrors = compute(
    "counter",
    "metrics_read_errors_total",
    "Computed metrics that could not be read and were left out of a scrape.",
    () => failedReads,
  );
  const processMetrics = createProcessMetrics();
  families.push(...processMetrics.families);

  /** Has all families give their values as of now. */
  const refresh = async () => {
    await processMetrics.refresh();
    computed.forEach((metric) => {
      metric.refresh();
    });
    // It counts those of this scrape.
    readErrors.refresh();
  };
  const buffer = createTextBuffer();

  const keep = <Metric>(description: MetricDescription, { metric, values }: KeptMetric<Metric>): Metric => {
    families.push({ ...description, values });
    return metric;
  };
  const gauge = <Label extends string = never>(name: string, help: string, labels: readonly Label[] = []) =>
    keep(define("gauge", name, help, labels), createGauge(labels));
  gauge("build_info", "What runs here; always 1.", ["version", "component", "node_version"]).set(
    { version, component, node_version: process.version },
    1,
  );

  return {
    prefix,
    counter: (name, help, labels = []) => keep(define("counter", name, help, labels), createCounter(labels)),
    gauge,
    histogram(name, help, bounds, labels = []) {
      const description = define("histogram", name, help, labels);
      return keep(description, createHistogram(description.name, bounds, labels));
    },
    computedCounter(name, help, read, labels) {
      computed.push(compute("counter", name, help, read, labels));
    },
    computedGauge(name, help, read, labels) {
      computed.push(compute("gauge", name, help, read, labels));
    },
    describe,
    async render(format = "text") {
      await refresh();
      return writeExposition(families, format, buffer);
    },
  };
}
