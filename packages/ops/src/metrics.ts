import { InvalidOptionsError, invariant } from "@fleet/runtime";
import * as z from "zod";
import { type ComputedMetric, createComputedMetric } from "./computed-metric.ts";
import { type Exposition, type ExpositionFormat, writeExposition } from "./exposition.ts";
import type { Counter, Gauge, Histogram, Reading } from "./metric.ts";
import { type MetricDescription, type MetricFamily, type MetricType, openMetricsName } from "./metric-family.ts";
import {
  collectProcessMetrics,
  Registry,
  Counter as TotalCounter,
  Gauge as ValueGauge,
  Histogram as ValueHistogram,
} from "./prometheus-client.ts";
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
  /** `buckets` are upper bounds, ascending, in the unit of the name. */
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
const PREFIX_RULE = "is not a metric prefix; it takes letters, digits and underscores, and no digit first";

/**
 * The event-loop delay monitor of prom-client ticks every 10 ms, which alone costs a resting peel 0.7 % of a CPU
 * (budget: 0.1 %), and slower ticks are added to the delays it tells. So it never ticks, and what it would say is left
 * out; `nodejs_eventloop_lag_seconds`, measured at the scrape, stays.
 */
const DELAY_MONITOR_RESOLUTION_MS = 2 ** 31 - 1;
const DELAY_MONITOR_METRICS = ["min", "max", "mean", "stddev", "p50", "p90", "p99"].map(
  (figure) => `nodejs_eventloop_lag_${figure}_seconds`,
);

/** Gauges that end like counters, which OpenMetrics forbids; `nodejs_active_handles{type}` and so on tell the same. */
const MISNAMED_METRICS = ["handles", "requests", "resources"].map((what) => `nodejs_active_${what}_total`);

const MICROS_PER_SECOND = 1e6;

/** The time that the process has computed, since it began. */
const CPU_METRICS: readonly [name: string, help: string, read: () => number][] = [
  [
    "process_cpu_user_seconds_total",
    "Total user CPU time spent in seconds.",
    () => process.cpuUsage().user / MICROS_PER_SECOND,
  ],
  [
    "process_cpu_system_seconds_total",
    "Total system CPU time spent in seconds.",
    () => process.cpuUsage().system / MICROS_PER_SECOND,
  ],
  [
    "process_cpu_seconds_total",
    "Total user and system CPU time spent in seconds.",
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / MICROS_PER_SECOND;
    },
  ],
];

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
  const registry = new Registry();
  const describe = () => registry.getMetricsAsArray().map((metric) => descriptionOf(registered(metric)));
  const define = <Label extends string>(name: string, help: string, labels: readonly Label[] = []) => {
    invariant(/^[a-z][a-z0-9_]*$/.test(name), `metric name "${name}" is snake_case`);
    const fullName = `${prefix}_${name}`;
    const family = fullName.replace(/_total$/, "");
    const taken = describe().find((other) => openMetricsName(other) === family);
    invariant(!taken, `metric name "${name}" is not taken by ${taken?.name}`);
    return { name: fullName, help, labelNames: [...labels], registers: [registry] };
  };
  const defineCounter = <Label extends string>(name: string, help: string, labels?: readonly Label[]) => {
    invariant(name.endsWith("_total"), `counter name "${name}" ends in _total`);
    return define(name, help, labels);
  };
  const defineOther = <Label extends string>(name: string, help: string, labels?: readonly Label[]) => {
    invariant(!name.endsWith("_total"), `name "${name}" of no counter does not end in _total`);
    return define(name, help, labels);
  };

  let failedReads = 0;
  const computed = new Map<string, ComputedMetric>();
  /**
   * A metric that prom-client knows like all others, but whose values it does not keep: it would make new objects for
   * each at every scrape.
   */
  const compute = <Label extends string>(name: string, metric: RegisteredMetric, read: () => Reading<Label>) => {
    const onError = (error: unknown) => {
      failedReads += 1;
      options.onReadError?.(name, error);
    };
    const entry = createComputedMetric({ ...descriptionOf(metric), read, onError });
    computed.set(metric.name, entry);
    return entry;
  };
  const computeCounter = <Label extends string = never>(
    name: string,
    help: string,
    read: () => Reading<Label>,
    labels?: readonly Label[],
  ) => compute(name, registered(new TotalCounter(defineCounter(name, help, labels))), read);
  const readErrors = computeCounter(
    "metrics_read_errors_total",
    "Computed metrics that could not be read and were left out of a scrape.",
    () => failedReads,
  );

  /** All metrics with their values as of now, in the order in which they were registered. */
  const readFamilies = async (): Promise<readonly MetricFamily[]> => {
    const metrics = registry.getMetricsAsArray().map(registered);
    const kept = await Promise.all(metrics.filter(({ name }) => !computed.has(name)).map((metric) => metric.get()));
    for (const metric of computed.values()) metric.refresh();
    // It was among the first, and counts those after it too.
    readErrors.refresh();
    let next = 0;
    return metrics.map(({ name }) => computed.get(name)?.family ?? (kept[next++] as MetricFamily));
  };
  const buffer = createTextBuffer();

  for (const [name, help, read] of CPU_METRICS) {
    compute<never>(name, registered(new TotalCounter({ name, help, registers: [registry] })), read);
  }
  collectProcessMetrics(registry, { eventLoopMonitoringPrecision: DELAY_MONITOR_RESOLUTION_MS });
  for (const name of [...DELAY_MONITOR_METRICS, ...MISNAMED_METRICS]) registry.removeSingleMetric(name);
  new ValueGauge(defineOther("build_info", "What runs here; always 1.", ["version", "component", "node_version"])).set(
    { version, component, node_version: process.version },
    1,
  );

  return {
    prefix,
    // prom-client takes labels and value in these very places, but types them by overloads.
    counter<Label extends string>(name: string, help: string, labels?: readonly Label[]) {
      return new TotalCounter(defineCounter(name, help, labels)) as unknown as Counter<Label>;
    },
    gauge<Label extends string>(name: string, help: string, labels?: readonly Label[]) {
      return new ValueGauge(defineOther(name, help, labels)) as unknown as Gauge<Label>;
    },
    histogram<Label extends string>(name: string, help: string, bounds: readonly number[], labels?: readonly Label[]) {
      const definition = { ...defineOther(name, help, labels), buckets: [...bounds] };
      return new ValueHistogram(definition) as unknown as Histogram<Label>;
    },
    computedCounter: computeCounter,
    computedGauge(name, help, read, labels) {
      compute(name, registered(new ValueGauge(defineOther(name, help, labels))), read);
    },
    describe,
    async render(format = "text") {
      return writeExposition(await readFamilies(), format, buffer);
    },
  };
}

/** What prom-client keeps of a metric; its types leave most of it out. */
interface RegisteredMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labelNames: readonly string[];
  get(): Promise<MetricFamily>;
}

function registered(metric: unknown): RegisteredMetric {
  return metric as RegisteredMetric;
}

function descriptionOf({ name, type, help, labelNames }: RegisteredMetric): MetricDescription {
  return { name, type, help, labels: labelNames };
}
