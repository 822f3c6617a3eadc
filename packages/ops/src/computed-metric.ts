import type { Reading, Sample } from "./metric.ts";
import type { MetricDescription, MetricFamily, MetricValue } from "./metric-family.ts";

/** A metric whose values are kept elsewhere and read at every scrape. */
export interface ComputedMetric {
  /** The metric with the values last read: the same object each time. */
  readonly family: MetricFamily;
  /** Reads the values. Never throws: what cannot be read has none. */
  refresh(): void;
}

export interface ComputedMetricOptions<Label extends string> extends MetricDescription {
  readonly read: () => Reading<Label>;
  /** Told what `read` threw. */
  readonly onError: (error: unknown) => void;
}

const NO_VALUES: readonly MetricValue[] = [];

/** Creates a {@link ComputedMetric}. To refresh one without labels leaves nothing for the garbage collector. */
export function createComputedMetric<Label extends string>(options: ComputedMetricOptions<Label>): ComputedMetric {
  const { name, type, help, labels, read, onError } = options;
  const only = { labels: {}, value: 0 };
  const onlyValue: readonly MetricValue[] = [only];
  const family = { name, type, help, labels, values: NO_VALUES };

  const readValues = (): readonly MetricValue[] => {
    const reading: number | undefined | readonly Sample<string>[] = read();
    if (reading === undefined) return NO_VALUES;
    if (typeof reading !== "number") return reading;
    only.value = reading;
    return onlyValue;
  };

  return {
    family,
    refresh() {
      try {
        family.values = readValues();
      } catch (error) {
        family.values = NO_VALUES;
        onError(error);
      }
    },
  };
}
