// Runs the benchmarks: `npm run bench -- [name ...] [--runs N] [--brief] [--json FILE] [--list]`.
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { resolveTestServer } from "@fleet/broker/testing";
import { beatsBenchmark } from "./beats-benchmark.ts";
import type { Benchmark, Measurement } from "./benchmark.ts";
import { countBenchmark } from "./count-benchmark.ts";
import { describeMachine, renderMachine } from "./machine.ts";
import { operationsBenchmark } from "./operations-benchmark.ts";
import { peelBenchmark } from "./peel-benchmark.ts";
import { gatherResults, type Result, renderResults } from "./results.ts";

const BENCHMARKS: readonly Benchmark[] = [beatsBenchmark, countBenchmark, peelBenchmark, operationsBenchmark];
/** Fewer show nothing of the noise. */
const RUNS = "3";
const RESULTS_FILE = "bench-results.json";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: RUNS },
    brief: { type: "boolean", default: false },
    json: { type: "string", default: RESULTS_FILE },
    list: { type: "boolean", default: false },
  },
});
const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
const runs = Number(values.runs);
if (values.list) {
  for (const { name, summary } of BENCHMARKS) console.log(`${name.padEnd(11)} ${summary}`);
} else if (unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
  const names = BENCHMARKS.map(({ name }) => name).join(", ");
  if (unknown.length > 0) console.error(`no such benchmark: ${unknown.join(", ")}; there are ${names}`);
  else console.error(`--runs: "${values.runs}" is not a whole number above 0`);
  process.exitCode = 2;
} else {
  await runBenchmarks(BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)));
}

async function runBenchmarks(benchmarks: readonly Benchmark[]): Promise<void> {
  const { path: serverPath, version } = await resolveTestServer();
  const machine = await describeMachine(version);
  const results: Result[] = [];
  for (const benchmark of benchmarks) {
    const measured: Measurement[][] = [];
    for (let run = 1; run <= runs; run += 1) {
      const note = (text: string) => console.error(`${benchmark.name}, run ${run} of ${runs}: ${text}`);
      measured.push(await benchmark.run({ serverPath, brief: values.brief, note }));
    }
    results.push(...gatherResults(benchmark.name, measured));
  }
  console.log(`${renderMachine(machine)}; median of ${runs} runs${values.brief ? ", in brief: no figures" : ""}\n`);
  console.log(renderResults(results));
  const document = {
    schema_version: 1,
    measured_at: new Date().toISOString(),
    machine,
    runs,
    brief: values.brief,
    results,
  };
  await writeFile(values.json, `${JSON.stringify(document, null, 2)}\n`);
  console.error(`\nwritten: ${values.json}`);
  // Servers' guardians and the like do not hold the end.
  process.exit();
}
