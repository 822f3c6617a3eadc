import type { Budget, Measurement } from "./benchmark.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** All runs of one measurement. */
export interface Result {
  readonly benchmark: string;
  readonly what: string;
  readonly unit: string;
  readonly value: Spread;
  readonly limit?: { readonly what: string; readonly value: Spread };
  /** Of the value to its limit, run by run: what else the machine did in a run has slowed down both. */
  readonly ratio?: Spread;
  readonly budget?: Budget;
  /** Whether the median keeps to the budget. */
  readonly met?: boolean;
}

/** Puts the runs of a benchmark together, in the order of the first. */
export function gatherResults(benchmark: string, runs: readonly (readonly Measurement[])[]): Result[] {
  return (runs[0] ?? []).map(({ what, unit, budget, limit }) => {
    const measured = runs.flatMap((run) => run.filter((measurement) => measurement.what === what));
    const value = spreadOf(measured.map((measurement) => measurement.value));
    const limits = measured.map((measurement) => measurement.limit?.value ?? Number.NaN);
    return {
      benchmark,
      what,
      unit,
      value,
      ...(limit && {
        limit: { what: limit.what, value: spreadOf(limits) },
        ratio: spreadOf(measured.map((measurement, run) => measurement.value / (limits[run] ?? Number.NaN))),
      }),
      ...(budget && { budget, met: isMet(budget, value.median) }),
    };
  });
}

function isMet({ least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }: Budget, value: number): boolean {
  return value >= least && value <= most;
}

const COLUMNS = ["benchmark", "measured", "median", "min–max", "limit", "of the limit", "ratio", "budget", ""];

/** One Markdown table of all results. */
export function renderResults(results: readonly Result[]): string {
  const rows = results.map(({ benchmark, what, unit, value, limit, ratio, budget, met }) => [
    benchmark,
    what,
    `${show(value.median)} ${unit}`,
    range(value),
    limit?.what ?? "",
    limit ? `${show(limit.value.median)} ${unit} (${range(limit.value)})` : "",
    ratio ? `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})` : "",
    budget
      ? `${budget.least === undefined ? "≤" : "≥"} ${show(budget.least ?? budget.most ?? Number.NaN)} ${unit}`
      : "",
    met === undefined ? "" : met ? "met" : "missed",
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(COLUMNS), `|${"---|".repeat(COLUMNS.length)}`, ...rows.map(line)].join("\n");
}

function range({ min, max }: Spread): string {
  return `${show(min)}–${show(max)}`;
}

/** Three digits are more than a busy machine can tell apart. */
function show(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
