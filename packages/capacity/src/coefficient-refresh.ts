import { COEFFICIENT_NAMES, type Coefficient, type Coefficients, type CoefficientsDocument } from "./coefficients.ts";

/** What is needed of the record that a benchmark leaves. */
export interface MeasuredBenchmark {
  readonly name: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly commit: string;
  /** Only shown to work: its figures are none. */
  readonly brief: boolean;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly software: Readonly<Record<string, string>>;
  };
  readonly results: readonly {
    readonly what: string;
    readonly unit: string;
    readonly value: { readonly median: number };
  }[];
}

/** Three digits are more than one machine says about another. */
const DIGITS = 3;

/**
 * The coefficients with the medians of the benchmarks that measure them; one whose benchmark has not been run keeps what it
 * had. Throws where a row has another unit than its coefficient.
 */
export function refreshCoefficients(
  { schemaVersion, coefficients }: CoefficientsDocument,
  benchmarks: readonly MeasuredBenchmark[],
): CoefficientsDocument {
  const refreshed = COEFFICIENT_NAMES.map((name) => [name, refresh(coefficients[name], benchmarks)] as const);
  return { schemaVersion, coefficients: Object.fromEntries(refreshed) as unknown as Coefficients };
}

function refresh(coefficient: Coefficient, benchmarks: readonly MeasuredBenchmark[]): Coefficient {
  const { benchmark, unit } = coefficient;
  if (!benchmark) return coefficient;
  const { name, row } = benchmark;
  const record = benchmarks.find((each) => each.name === name && !each.brief);
  const result = record?.results.find(({ what }) => what === row);
  if (!record || !result) return coefficient;
  if (result.unit !== unit) throw new Error(`${name}: ${row} is in ${result.unit}, not in ${unit}`);
  const { cpu, cores, software } = record.machine;
  return {
    ...coefficient,
    value: Number(result.value.median.toPrecision(DIGITS)),
    source: {
      kind: "benchmark",
      name,
      row,
      commit: record.commit,
      measuredAt: record.measuredAt.slice(0, 10),
      machine: `${cores} cores (${cpu})`,
      server: software["nats-server"] ?? "unknown",
    },
  };
}
