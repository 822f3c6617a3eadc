import { invariant } from "@fleet/runtime";
import type { Counter, Gauge, Histogram, LabelArgument } from "./metric.ts";
import type { MetricValue } from "./metric-family.ts";

/** A metric whose values are kept here, and the list of them, which a scrape writes as it is: it has nothing to make. */
export interface KeptMetric<Metric> {
  readonly metric: Metric;
  readonly values: readonly MetricValue[];
}

/** A value that changes. */
interface KeptValue extends MetricValue {
  value: number;
}

type Labels = Readonly<Record<string, string>>;

export function createCounter<Label extends string>(labelNames: readonly Label[]): KeptMetric<Counter<Label>> {
  const values: KeptValue[] = [];
  const inc = createSeriesMethod(labelNames, keepValue(values), {
    check(by = 1) {
      invariant(by >= 0 && by < Number.POSITIVE_INFINITY, "a counter rises by a number");
      return by;
    },
    change(series, by) {
      series.value += by;
    },
  });
  return { values, metric: { inc } };
}

export function createGauge<Label extends string>(labelNames: readonly Label[]): KeptMetric<Gauge<Label>> {
  const values: KeptValue[] = [];
  const set = createSeriesMethod(labelNames, keepValue(values), {
    check(value) {
      invariant(typeof value === "number", "a gauge is set to a number");
      return value;
    },
    change(series, value) {
      series.value = value;
    },
  });
  return { values, metric: { set } };
}

/**
 * Creates a histogram that is called `name` in full. Its buckets are kept as they are written: each has those below in it. None
 * has a negative bound: OpenMetrics has no sum beside one.
 */
export function createHistogram<Label extends string>(
  name: string,
  bounds: readonly number[],
  labelNames: readonly Label[],
): KeptMetric<Histogram<Label>> {
  invariant(!labelNames.some((label) => label === "le"), `the label le of ${name} is that of its buckets`);
  invariant(
    bounds.every((bound, index) => Number.isFinite(bound) && bound >= 0 && bound > (bounds[index - 1] ?? -1)),
    `the bounds of ${name} ascend, from 0 at the least`,
  );
  const values: KeptValue[] = [];
  const keep = (metricName: string, labels: Labels): KeptValue => {
    const kept = { metricName, labels, value: 0 };
    values.push(kept);
    return kept;
  };
  const create = (labels: Labels) => ({
    buckets: [...bounds.map(String), "+Inf"].map((le) => keep(`${name}_bucket`, { le, ...labels })),
    sum: keep(`${name}_sum`, labels),
    count: keep(`${name}_count`, labels),
  });
  const observe = createSeriesMethod(labelNames, create, {
    check(value) {
      invariant(typeof value === "number" && Number.isFinite(value), "a histogram observes a number");
      return value;
    },
    change({ buckets, sum, count }, value) {
      buckets.forEach((bucket, index) => {
        if (value <= (bounds[index] ?? Number.POSITIVE_INFINITY)) bucket.value += 1;
      });
      sum.value += value;
      count.value += 1;
    },
  });
  return { values, metric: { observe } };
}

function keepValue(values: KeptValue[]): (labels: Labels) => KeptValue {
  return (labels) => {
    const kept = { labels, value: 0 };
    values.push(kept);
    return kept;
  };
}

/** Between the texts of labels, of which none is thought to have it. */
const SEPARATOR = "\0";

/** The method of a metric: it takes labels, if the metric has any, and a number. */
type SeriesMethod<Label extends string> = (...args: [...LabelArgument<Label>, number?: number]) => void;

/** What a method does with its number. */
interface SeriesChange<Series> {
  /** Gives the number that counts; throws, and nothing changes, if there is none. */
  check(number: number | undefined): number;
  change(series: Series, number: number): void;
}

/**
 * Creates the method that changes a metric: it finds the time series with the labels given, or makes it. A metric without
 * labels has its only one from the start.
 */
function createSeriesMethod<Label extends string, Series>(
  labelNames: readonly Label[],
  create: (labels: Labels) => Series,
  { check, change }: SeriesChange<Series>,
): SeriesMethod<Label> {
  if (labelNames.length === 0) {
    const only = create({});
    return (...args: readonly unknown[]) => change(only, check(args[0] as number | undefined));
  }
  const known = new Map<string, Series>();
  return (...args: readonly unknown[]) => {
    const labels = args[0] as Labels;
    const number = check(args[1] as number | undefined);
    let key = "";
    for (const label of labelNames) {
      invariant(typeof labels[label] === "string", "each label has a value");
      key += labels[label] + SEPARATOR;
    }
    let series = known.get(key);
    if (series === undefined) {
      series = create(Object.fromEntries(labelNames.map((label) => [label, labels[label] ?? ""])));
      known.set(key, series);
    }
    change(series, number);
  };
}
