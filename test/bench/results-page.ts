import type { Benchmark } from "./benchmark.ts";
import { renderMachine } from "./machine.ts";
import { cellsOf, markdownTable, RESULT_COLUMNS } from "./results.ts";
import type { BenchmarkRecord, ResultsDocument } from "./results-file.ts";

type Described = Pick<Benchmark, "name" | "summary" | "measures" | "leavesOut">;

/**
 * The page of all results, in the order of the benchmarks; a benchmark without a record is named as not measured. Throws if
 * the document has a record in brief, or of a benchmark that there is not: neither can be told.
 */
export function renderResultsPage(document: ResultsDocument, benchmarks: readonly Described[]): string {
  for (const { name, brief } of document.benchmarks) {
    if (brief) throw new Error(`the results of ${name} are in brief: they are no figures`);
    if (!benchmarks.some((benchmark) => benchmark.name === name)) throw new Error(`there is no benchmark ${name}`);
  }
  const told = benchmarks.flatMap((benchmark) => {
    const record = document.benchmarks.find(({ name }) => name === benchmark.name);
    return record ? [{ benchmark, record }] : [];
  });
  const missing = benchmarks.filter(({ name }) => !told.some(({ benchmark }) => benchmark.name === name));
  const machines = [...new Set(told.map(({ record }) => renderMachine(record.machine)))];
  return [
    INTRODUCTION,
    ...(machines.length > 0 ? [machinesText(machines)] : []),
    ...(missing.length > 0 ? [`Not measured: ${missing.map(({ name }) => `\`${name}\``).join(", ")}.`] : []),
    ...(told.length > 0 ? [budgetsText(told.map(({ record }) => record))] : []),
    ...told.map(({ benchmark, record }) => sectionOf(benchmark, record, machines)),
    "",
  ].join("\n\n");
}

const INTRODUCTION = `# Benchmarks

Generated from [benchmarks.json](benchmarks.json) by \`npm run docs\`; \`npm run bench -- --json docs/benchmarks.json\` measures
anew, and with names only what is named.

Broker, fleet and masters share one machine, so that each takes from the others: trust ratios more than absolutes. Every figure is
the median of its runs, beside the least and the greatest of them. The _limit_ is what cannot be beaten, or what a figure is held
against; it is measured in the same run, and the ratio is taken run by run. A _budget_ is what the design asks for. Below each
table is how many processors something else has kept busy meanwhile: well above 0, the figures are of a machine that was shared.`;

function machinesText(machines: readonly string[]): string {
  if (machines.length === 1) return `Measured on ${machines[0]}.`;
  return `Measured on\n\n${machines.map((machine, index) => `${index + 1}. ${machine}`).join("\n")}`;
}

/** What has a budget, all in one table: what a reader in a hurry wants to know. */
function budgetsText(records: readonly BenchmarkRecord[]): string {
  const results = records.flatMap((record) => record.results).filter(({ budget }) => budget);
  const wanted = ["measured", "median", "min–max", "ratio", "budget", ""];
  const rows = results.map((result) => {
    const cells = cellsOf(result);
    return [
      `[${result.benchmark}](#${result.benchmark})`,
      ...wanted.map((name) => cells[RESULT_COLUMNS.indexOf(name)] ?? ""),
    ];
  });
  return `## Budgets\n\n${markdownTable(["benchmark", ...wanted], rows)}`;
}

function sectionOf(
  { name, measures, leavesOut }: Described,
  record: BenchmarkRecord,
  machines: readonly string[],
): string {
  const { runs, measuredAt, commit, othersCores, results, machine } = record;
  const place = machines.length > 1 ? `; machine ${machines.indexOf(renderMachine(machine)) + 1}` : "";
  return [
    `## ${name}`,
    measures,
    `Not in it: ${leavesOut}`,
    markdownTable(RESULT_COLUMNS, results.map(cellsOf)),
    `${runs === 1 ? "1 run" : `${runs} runs`} on ${measuredAt.slice(0, 10)}, commit ${commit}; others kept ${othersCores.toFixed(2)} processors busy${place}.`,
  ].join("\n\n");
}
