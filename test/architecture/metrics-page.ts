import { codeIn, readText, tableRows } from "./workspace.ts";

export const METRICS_PAGE = "docs/metrics.md";

export type Program = "peel" | "master";

/** One row of the page. */
export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly servedBy: readonly string[];
  readonly help: string;
}

export function documentedMetrics(): DocumentedMetric[] {
  return tableRows(readText(METRICS_PAGE)).map(([name = "", type = "", labels = "", servedBy = "", help = ""]) => ({
    name: codeIn(name)[0] ?? name,
    type,
    labels: codeIn(labels),
    servedBy: servedBy.split(", "),
    help,
  }));
}

/** The rows of one program, on the machine at hand: most of `process_*` is read from where only Linux has it. */
export function documentedMetricsOf(program: Program): DocumentedMetric[] {
  return documentedMetrics().filter(
    ({ name, servedBy }) =>
      servedBy.includes(program) && (process.platform === "linux" || !name.startsWith("process_")),
  );
}
