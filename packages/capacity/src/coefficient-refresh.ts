import {
  COEFFICIENT_NAMES,
  type Coefficient,
  type CoefficientRow,
  type Coefficients,
  type CoefficientsDocument,
} from "./coefficients.ts";

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
    readonly limit?: { readonly value: { readonly median: number } };
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
  const { benchmark } = coefficient;
  if (!benchmark) return coefficient;
  const { name, row } = benchmark;
  const record = benchmarks.find((each) => each.name === name && !each.brief);
  const result = record?.results.find(({ what }) => what === row);
  if (!record || !result) return coefficient;
  const value = figureIn(result, benchmark) * factorBetween(result, coefficient);
  // A difference that is lost in the noise says nothing.
  if (!(value > 0)) return coefficient;
  const { cpu, cores, software } = record.machine;
  return {
    ...coefficient,
    value: Number(value.toPrecision(DIGITS)),
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

type Result = MeasuredBenchmark["results"][number];

function figureIn({ value, limit }: Result, { figure = "value" }: CoefficientRow): number {
  if (figure === "value") return value.median;
  const limitMedian = limit?.value.median ?? Number.NaN;
  return figure === "limit" ? limitMedian : value.median - limitMedian;
}

/** Times one unit goes into the other. */
const FACTORS: Readonly<Record<string, number>> = { "kB to bytes": 1_000, "MB to bytes": 1_000_000 };

function factorBetween(result: Result, { unit, benchmark }: Coefficient): number {
  const factor = result.unit === unit ? 1 : FACTORS[`${result.unit} to ${unit}`];
  if (factor === undefined) throw new Error(`${benchmark?.name}: ${result.what} is in ${result.unit}, not in ${unit}`);
  return factor;
}
