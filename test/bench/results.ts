import type { Budget, Measurement } from "./benchmark.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** All runs of one measurement. */
export interface Result {
  readonly benchmark: string;
  readonly what: string;
  readonly unit: string;
  readonly value: Spread;
  /** Why it could not be measured here: the value is then none. */
  readonly notMeasured?: string;
  readonly limit?: { readonly what: string; readonly value: Spread };
  /** Of the value to its limit, run by run: what else the machine did in a run has slowed down both. */
  readonly ratio?: Spread;
  readonly budget?: Budget;
  /** Whether the median keeps to the budget. */
  readonly met?: boolean;
}

/**
 * Puts the runs of a benchmark together, in the order of the first. Throws unless each run has every row once, with a figure
 * and, where the row has a limit, a ratio to it; a row that could not be measured is one in no run.
 */
export function gatherResults(benchmark: string, runs: readonly (readonly Measurement[])[]): Result[] {
  const names = new Set(runs.flatMap((run) => run.map(({ what }) => what)));
  return [...names].map((what) => {
    const measured = runs.map((run, index) => onlyOne(`${benchmark}, run ${index + 1} of ${runs.length}`, what, run));
    const [{ unit, budget, limit, notMeasured }] = measured as [Measurement, ...Measurement[]];
    const value = spreadOf(measured.map((measurement) => measurement.value));
    if (measured.every((measurement) => measurement.notMeasured !== undefined)) {
      return { benchmark, what, unit, value, ...(notMeasured !== undefined && { notMeasured }) };
    }
    const limits = measured.map((measurement) => measurement.limit?.value ?? Number.NaN);
    const ratios = measured.map((measurement, run) => measurement.value / (limits[run] ?? Number.NaN));
    const figures = measured.some((measurement) => measurement.limit) ? [...limits, ...ratios] : [];
    if (![...value.values, ...figures].every(Number.isFinite)) {
      const found = measured.map((measurement, run) => `${measurement.value}${limit ? ` (${limits[run]})` : ""}`);
      throw new Error(`${benchmark}: there is no figure for ${what} in each run: ${found.join(", ")}`);
    }
    const ratio = spreadOf(ratios);
    return {
      benchmark,
      what,
      unit,
      value,
      ...(limit && { limit: { what: limit.what, value: spreadOf(limits) }, ratio }),
      ...(budget && { budget, met: isMet(budget, value.median, ratio.median) }),
    };
  });
}

function onlyOne(run: string, what: string, measurements: readonly Measurement[]): Measurement {
  const [first, ...more] = measurements.filter((measurement) => measurement.what === what);
  if (!first || more.length > 0) throw new Error(`${run} has ${more.length + (first ? 1 : 0)} rows ${what}, not one`);
  return first;
}

function isMet({ least, most, mostOfLimit }: Budget, value: number, ratio: number): boolean {
  if (least !== undefined && !(value >= least)) return false;
  if (most !== undefined && !(value <= most)) return false;
  return mostOfLimit === undefined || ratio <= mostOfLimit;
}

/** One Markdown table of all results. */
export function renderResults(results: readonly Result[]): string {
  return markdownTable(
    ["benchmark", ...RESULT_COLUMNS],
    results.map((result) => [result.benchmark, ...cellsOf(result)]),
  );
}

/** Headings of {@link cellsOf}. */
export const RESULT_COLUMNS: readonly string[] = [
  "measured",
  "median",
  "min–max",
  "limit",
  "of the limit",
  "ratio",
  "budget",
  "",
];

/** One row of a table. */
export function cellsOf({ what, unit, value, limit, ratio, budget, met, notMeasured }: Result): string[] {
  if (notMeasured !== undefined) {
    return [what, `not measured: ${notMeasured}`, ...RESULT_COLUMNS.slice(2).map(() => "")];
  }
  return [
    what,
    withUnit(value.median, unit),
    range(value),
    limit?.what ?? "",
    limit ? `${withUnit(limit.value.median, unit)} (${range(limit.value)})` : "",
    ratio ? `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})` : "",
    budget ? renderBudget(budget, unit) : "",
    met === undefined ? "" : met ? "met" : "missed",
  ];
}

export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(columns), `|${"---|".repeat(columns.length)}`, ...rows.map(line)].join("\n");
}

function renderBudget({ least, most, mostOfLimit }: Budget, unit: string): string {
  return [
    ...(least === undefined ? [] : [`≥ ${withUnit(least, unit)}`]),
    ...(most === undefined ? [] : [`≤ ${withUnit(most, unit)}`]),
    ...(mostOfLimit === undefined ? [] : [`≤ ${mostOfLimit} × the limit`]),
  ].join(", ");
}

function range({ min, max }: Spread): string {
  return `${show(min)}–${show(max)}`;
}

/** A plain number has none. */
function withUnit(value: number, unit: string): string {
  return unit === "" ? show(value) : `${show(value)} ${unit}`;
}

/** Three digits are more than a busy machine can tell apart. */
function show(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
