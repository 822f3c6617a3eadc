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
  const inc = changeSeries(labelNames, keepValue(values), (series, by = 1) => {
    invariant(by >= 0 && by < Number.POSITIVE_INFINITY, "a counter rises by a number");
    series.value += by;
  });
  return { values, metric: { inc } };
}

export function createGauge<Label extends string>(labelNames: readonly Label[]): KeptMetric<Gauge<Label>> {
  const values: KeptValue[] = [];
  const set = changeSeries(labelNames, keepValue(values), (series, value) => {
    invariant(value !== undefined, "a gauge is set to a number");
    series.value = value;
  });
  return { values, metric: { set } };
}

/** Creates a histogram that is called `name` in full. Its buckets are kept as they are written: each has those below in it. */
export function createHistogram<Label extends string>(
  name: string,
  bounds: readonly number[],
  labelNames: readonly Label[],
): KeptMetric<Histogram<Label>> {
  invariant(!labelNames.some((label) => label === "le"), `the label le of ${name} is that of its buckets`);
  invariant(
    bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? bound)),
    `the bounds of ${name} ascend`,
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
  const observe = changeSeries(labelNames, create, ({ buckets, sum, count }, value) => {
    invariant(value !== undefined && Number.isFinite(value), "a histogram observes a number");
    buckets.forEach((bucket, index) => {
      if (value <= (bounds[index] ?? Number.POSITIVE_INFINITY)) bucket.value += 1;
    });
    sum.value += value;
    count.value += 1;
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

/** No text of a label has it. */
const SEPARATOR = "\0";

/** The method of a metric: it takes labels, if the metric has any, and a number. */
type SeriesMethod<Label extends string> = (...args: [...LabelArgument<Label>, number?: number]) => void;

/**
 * Makes the method that changes a metric: it finds the time series with the labels given, or makes it. A metric without
 * labels has its only one from the start.
 */
function changeSeries<Label extends string, Series>(
  labelNames: readonly Label[],
  create: (labels: Labels) => Series,
  change: (series: Series, number: number | undefined) => void,
): SeriesMethod<Label> {
  if (labelNames.length === 0) {
    const only = create({});
    return (...args: readonly unknown[]) => change(only, args[0] as number | undefined);
  }
  const known = new Map<string, Series>();
  return (...args: readonly unknown[]) => {
    const [labels, number] = args as readonly [labels: Labels, number?: number];
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
