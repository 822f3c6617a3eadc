// Runs the benchmarks: `npm run bench -- --help`.
import { parseArgs } from "node:util";
import { resolveTestServer } from "@fleet/broker/testing";
import { endAllApart } from "./apart.ts";
import type { Benchmark, Measurement } from "./benchmark.ts";
import { describeCommit, describeMachine, type Machine, renderMachine } from "./machine.ts";
import { coresOfOthers, machineUsage } from "./process-usage.ts";
import { gatherResults, type Result, renderResults } from "./results.ts";
import { type BenchmarkRecord, putRecord, readResults, writeResults } from "./results-file.ts";
import { BENCHMARKS } from "./suite.ts";

const RUNS = 3;
const RESULTS_FILE = "bench-results.json";

const HELP = `Usage: npm run bench -- [name ...] [options]

Runs the benchmarks, or those named, and prints what they measured.

Options:
  --list       the benchmarks there are
  --runs N     runs of each, of which the median counts (default: ${RUNS}, of some fewer)
  --brief      small amounts, to see that they run: no figures
  --json FILE  where the results are written, beside those of other benchmarks (default: ${RESULTS_FILE})
  --help       this`;

const { values, positionals } = givenArguments();
const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
const givenRuns = values.runs === undefined ? undefined : Number(values.runs);
if (values.help) {
  console.log(HELP);
} else if (values.list) {
  for (const { name, summary, onlyNamed } of BENCHMARKS) {
    console.log(`${name.padEnd(11)} ${summary}${onlyNamed ? " (only when named)" : ""}`);
  }
} else if (unknown.length > 0) {
  refuse(`no such benchmark: ${unknown.join(", ")}; there are ${BENCHMARKS.map(({ name }) => name).join(", ")}`);
} else if (givenRuns !== undefined && (!Number.isInteger(givenRuns) || givenRuns < 1)) {
  refuse(`--runs: "${values.runs}" is not a whole number above 0`);
} else {
  const isWanted = ({ name, onlyNamed = false }: Benchmark) =>
    positionals.length === 0 ? !onlyNamed : positionals.includes(name);
  await runBenchmarks(BENCHMARKS.filter(isWanted));
}

function givenArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: "string" },
        brief: { type: "boolean", default: false },
        json: { type: "string" },
        list: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(message: string): never {
  console.error(`${message}\nnpm run bench -- --help tells what can be given`);
  process.exit(2);
}

async function runBenchmarks(benchmarks: readonly Benchmark[]): Promise<void> {
  // What is measured in brief is no figure, and takes the place of none unless a file is named for it.
  const file = values.json ?? (values.brief ? undefined : RESULTS_FILE);
  const { path: serverPath, version } = await resolveTestServer();
  const machine = describeMachine(version);
  const commit = await describeCommit();
  const results: Result[] = [];
  const failed: string[] = [];
  for (const benchmark of benchmarks) {
    try {
      const record = await measure(benchmark, { serverPath, machine, commit });
      results.push(...record.results);
      // At once: what comes after it may fail, or take long.
      if (file !== undefined) await writeResults(file, putRecord(await readResults(file), record));
    } catch (error) {
      console.error(`${benchmark.name} failed:`, error);
      failed.push(benchmark.name);
    }
    await endAllApart();
  }
  console.log(`${renderMachine(machine)}; commit ${commit}${values.brief ? "; in brief: no figures" : ""}\n`);
  console.log(renderResults(results));
  if (file !== undefined && failed.length < benchmarks.length) console.error(`\nwritten: ${file}`);
  if (failed.length > 0) console.error(`failed: ${failed.join(", ")}`);
  // Servers' guardians and the like do not hold the end.
  process.exit(failed.length > 0 ? 1 : 0);
}

async function measure(
  benchmark: Benchmark,
  { serverPath, machine, commit }: { serverPath: string; machine: Machine; commit: string },
): Promise<BenchmarkRecord> {
  const { name } = benchmark;
  const runs = givenRuns ?? benchmark.runs ?? RUNS;
  const measuredAt = new Date().toISOString();
  const before = await machineUsage();
  const software: Record<string, string> = { ...machine.software };
  const measured: Measurement[][] = [];
  for (let run = 1; run <= runs; run += 1) {
    const note = (text: string) => console.error(`${name}, run ${run} of ${runs}: ${text}`);
    const uses = (program: string, version: string) => {
      software[program] = version;
    };
    measured.push(await benchmark.run({ serverPath, brief: values.brief, note, uses }));
  }
  return {
    name,
    measuredAt,
    commit,
    othersCores: coresOfOthers(before, await machineUsage()),
    machine: { ...machine, software },
    runs,
    brief: values.brief,
    results: gatherResults(name, measured),
  };
}
