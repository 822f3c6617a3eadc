import type { LabelValues, Sample } from "./metric.ts";

/**
 * Makes the reading of a computed metric that has one label, of which all values are known. Its series are made once, and
 * given again at each scrape; one whose value is `undefined` is left out.
 */
export function readEach<Label extends string, Value extends string>(
  label: Label,
  values: readonly Value[],
  read: (value: Value) => number | undefined,
): () => readonly Sample<Label>[] {
  const series = values.map((of) => {
    const labels: Record<string, string> = { [label]: of };
    return { of, sample: { labels: labels as LabelValues<Label>, value: 0 } };
  });
  const known: Sample<Label>[] = [];
  return () => {
    let count = 0;
    for (let index = 0; index < series.length; index += 1) {
      const { of, sample } = series[index] as (typeof series)[number];
      const value = read(of);
      if (value === undefined) continue;
      sample.value = value;
      known[count] = sample;
      count += 1;
    }
    known.length = count;
    return known;
  };
}
