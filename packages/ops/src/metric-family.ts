/** What a metric is, apart from its values. */
export interface MetricDescription {
  /** As served in the text format: with the prefix, and with `_total` if it is a counter. */
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
}

export type MetricType = "counter" | "gauge" | "histogram";

/** A metric with its values as of now. */
export interface MetricFamily extends MetricDescription {
  readonly values: readonly MetricValue[];
}

export interface MetricValue {
  /** Of a histogram: its name with `_bucket`, `_sum` or `_count`. @default the name of the family */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** What the name of a counter ends in. */
export const TOTAL = "_total";

/** The name under which OpenMetrics knows a metric: that of a counter without its suffix. */
export function openMetricsName({ name, type }: Pick<MetricDescription, "name" | "type">): string {
  return type === "counter" && name.endsWith(TOTAL) ? name.slice(0, -TOTAL.length) : name;
}
