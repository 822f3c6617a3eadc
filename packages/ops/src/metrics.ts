import { InvalidOptionsError, invariant } from "@fleet/runtime";
import {
  collectDefaultMetrics,
  Registry,
  Counter as TotalCounter,
  Gauge as ValueGauge,
  Histogram as ValueHistogram,
} from "prom-client";
import * as z from "zod";
import { type Exposition, type ExpositionFormat, writeExposition } from "./exposition.ts";
import type { Counter, Gauge, Histogram, Reading, Sample } from "./metric.ts";
import { type MetricDescription, type MetricFamily, type MetricType, openMetricsName } from "./metric-family.ts";

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
  /** A counter that is kept elsewhere: `read` gives its total at every scrape. */
  computedCounter<Label extends string = never>(
    name: string,
    help: string,
    read: () => Reading<Label>,
    labels?: readonly Label[],
  ): void;
  /** A gauge that is computed at every scrape. `read` must be quick: a scrape waits for no I/O. */
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
  const describe = () => registry.getMetricsAsArray().map(descriptionOf);
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

  const readErrors = new TotalCounter(
    defineCounter(
      "metrics_read_errors_total",
      "Computed metrics that could not be read and were left out of a scrape.",
    ),
  );
  const readSamples = <Label extends string>(name: string, read: () => Reading<Label>): Sample<string>[] => {
    try {
      const reading: number | undefined | readonly Sample<string>[] = read();
      if (reading === undefined) return [];
      return typeof reading === "number" ? [{ labels: {}, value: reading }] : [...reading];
    } catch (error) {
      readErrors.inc();
      options.onReadError?.(name, error);
      return [];
    }
  };

  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: DELAY_MONITOR_RESOLUTION_MS });
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
    computedCounter(name, help, read, labels) {
      new TotalCounter<string>({
        ...defineCounter(name, help, labels),
        collect() {
          clear(this, labels);
          for (const { labels: values, value } of readSamples(name, read)) this.inc(values, value);
        },
      });
    },
    computedGauge(name, help, read, labels) {
      new ValueGauge<string>({
        ...defineOther(name, help, labels),
        collect() {
          clear(this, labels);
          for (const { labels: values, value } of readSamples(name, read)) this.set(values, value);
        },
      });
    },
    describe,
    async render(format = "text") {
      const families = (await registry.getMetricsAsJSON()) as unknown as readonly RegisteredFamily[];
      return writeExposition(families.map(familyOf), format);
    },
  };
}

/** What prom-client keeps of a metric; its types leave most of it out. */
interface RegisteredMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labelNames: readonly string[];
}

interface RegisteredFamily extends Omit<RegisteredMetric, "labelNames"> {
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string | number>>;
    /** Where it is not the metric's. */
    readonly metricName?: string;
  }[];
}

function descriptionOf(metric: unknown): MetricDescription {
  const { name, type, help, labelNames } = metric as RegisteredMetric;
  return { name, type, help, labels: labelNames };
}

function familyOf({ name, type, help, values }: RegisteredFamily): MetricFamily {
  const samples = values.map(({ value, labels, metricName = name }) => ({ name: metricName, labels, value }));
  return { name, type, help, samples };
}

/** Leaves no series; `reset` alone would leave a metric without labels at 0, which is a claim. */
function clear(metric: { reset(): void; remove(): void }, labels: readonly string[] = []): void {
  metric.reset();
  if (labels.length === 0) metric.remove();
}
