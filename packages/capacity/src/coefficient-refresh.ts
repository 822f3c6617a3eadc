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
    readonly value: { readonly values: readonly number[] };
    readonly limit?: { readonly value: { readonly values: readonly number[] } };
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
  const figures = figuresOf(result, benchmark).map((each) => each * factorBetween(result, coefficient));
  // A difference that some runs do not see, or see the other way round, is lost in the noise and says nothing.
  if (!figures.every((each) => each > 0)) return coefficient;
  const { cpu, cores, software } = record.machine;
  return {
    ...coefficient,
    value: Number(median(figures).toPrecision(DIGITS)),
    source: {
      kind: "benchmark",
      ...benchmark,
      commit: record.commit,
      measuredAt: record.measuredAt.slice(0, 10),
      machine: `${cores} cores (${cpu})`,
      server: software["nats-server"] ?? "unknown",
    },
  };
}

type Result = MeasuredBenchmark["results"][number];

/** Of each run by itself: what else the machine did in a run has changed both sides of a difference. */
function figuresOf({ value, limit }: Result, { figure = "value", dividedBy = 1 }: CoefficientRow): number[] {
  return value.values.map((each, run) => {
    const limitOfRun = limit?.value.values[run] ?? Number.NaN;
    const found = { value: each, limit: limitOfRun, difference: each - limitOfRun }[figure];
    return found / dividedBy;
  });
}

/** The value in the middle; of two, the mean. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [lower, upper] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return ((lower ?? Number.NaN) + (upper ?? Number.NaN)) / 2;
}

/** Times one unit goes into the other. */
const FACTORS: Readonly<Record<string, number>> = { "kB to bytes": 1_000, "MB to bytes": 1_000_000 };

function factorBetween(result: Result, { unit, benchmark }: Coefficient): number {
  const factor = result.unit === unit ? 1 : FACTORS[`${result.unit} to ${unit}`];
  if (factor === undefined) throw new Error(`${benchmark?.name}: ${result.what} is in ${result.unit}, not in ${unit}`);
  return factor;
}
