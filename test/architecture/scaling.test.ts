// Holds docs/scaling.md and the coefficients of `fleet plan` to docs/benchmarks.json.
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseCoefficients, refreshCoefficients } from "@fleet/capacity";
import { greatBrokerText, millionText } from "../bench/million-text.ts";
import { gatherResults } from "../bench/results.ts";
import { readResults } from "../bench/results-file.ts";
import { MEASURED_ROWS, renderScalingPage } from "../bench/scaling-page.ts";
import { BENCHMARKS } from "../bench/suite.ts";
import { ROOT, readText, unaligned } from "./workspace.ts";

const readCoefficients = () => parseCoefficients(readText("packages/capacity/coefficients.json"));
const readBenchmarks = () => readResults(join(ROOT, "docs", "benchmarks.json"));

const MACHINE = { cpu: "a", cores: 2, memoryGb: 24, system: "linux", software: {} };

describe("docs/scaling.md", () => {
  it("tells what the coefficients and docs/benchmarks.json have (else: npm run docs)", async () => {
    const page = readText("docs/scaling.md");
    assert.deepEqual(unaligned(renderScalingPage(page, readCoefficients(), await readBenchmarks())), unaligned(page));
  });

  it("names rows that the benchmarks have, once these have been run", async () => {
    const { benchmarks } = await readBenchmarks();
    const { coefficients } = readCoefficients();
    const named = [
      ...MEASURED_ROWS.flatMap(({ benchmark, rows }) => rows.map((row) => ({ name: benchmark, row }))),
      ...Object.values(coefficients).flatMap(({ benchmark }) => (benchmark ? [benchmark] : [])),
    ];
    for (const { name, row } of named) {
      const record = benchmarks.find((each) => each.name === name);
      const rows = record?.results.map(({ what }) => what);
      assert.ok(rows === undefined || rows.includes(row), `${name} has no row "${row}"`);
    }
  });

  it("shows a latency that was measured, and says of others that they were not", () => {
    const results = [
      {
        benchmark: "count",
        what: "count of 1,000 keys, p99",
        unit: "ms",
        value: { median: 1.5, min: 1, max: 2, values: [1.5] },
      },
    ];
    const page = renderScalingPage(readText("docs/scaling.md"), readCoefficients(), {
      benchmarks: [{ name: "count", results, machine: MACHINE }],
    });
    assert.match(page, /^\| count of 1,000 keys, p99 \| 1\.5 ms \| 1–2 \| \[count\]\(benchmarks\.md#count\) \|$/m);
    assert.match(page, /^\| count of 10,000 keys, p99 \| not measured \|/m);
  });
});

describe("what is told of a million", () => {
  const recordOf = (peels: number, gauge = peels) => ({
    machine: MACHINE,
    results: gatherResults("million", [
      [
        { what: "peels", unit: "", value: peels, budget: { least: 1_000_000 } },
        { what: "gauge, least", unit: "", value: gauge, budget: { least: peels } },
        { what: "beats acknowledged", unit: "1/s", value: peels / 10 },
        { what: "broker, CPU a beat", unit: "us", value: 15 },
        { what: "master, CPU a beat", unit: "us", value: 9 },
        { what: "swarm, CPU a beat", unit: "us", value: 8 },
        { what: "broker, memory", unit: "MB", value: 1_400 },
      ],
    ]),
  });

  it("is how many were held, where a beat's CPU goes and what a million would take of it", () => {
    assert.equal(
      millionText(recordOf(500_000)),
      "`million` ran 500,000 peels on 2 cores, and all were held: nothing else that it checks was missed. The 1,000,000 that the design asks for were **not** held there. A beat took 32.0 us of CPU there (15.0 us in the broker, 9.0 us in the master, 8.0 us in the swarm): by that the 100,000 beats a second of 1,000,000 peels would take 3.2 cores, for broker, master and fleet together.",
    );
    assert.match(millionText(recordOf(500_000, 499_999)), /not all that it checks was kept to: gauge, least\./);
    assert.match(millionText(undefined), /has not been run/);
  });

  it("is of a million that were held no more than what they took", () => {
    const text = millionText(recordOf(1_000_000));
    assert.match(text, /ran 1,000,000 peels on 2 cores, and all were held/);
    assert.doesNotMatch(text, /were \*\*not\*\* held/);
  });

  it("is what a bucket in memory and a lazy garbage collection took beside what is planned with", () => {
    assert.match(
      greatBrokerText(recordOf(500_000), 1_490),
      /1,400 MB for 500,000 peels without facts, 2\.8 kB a peel; .* 1\.5 kB a peel/,
    );
    assert.match(greatBrokerText(undefined, 1_490), /has not been measured/);
  });
});

describe("the coefficients of fleet plan", () => {
  it("are those of docs/benchmarks.json where a benchmark measures them (else: npm run docs)", async () => {
    const { benchmarks } = await readBenchmarks();
    assert.deepEqual(refreshCoefficients(readCoefficients(), benchmarks), readCoefficients());
  });

  it("name benchmarks that there are", () => {
    const names = BENCHMARKS.map(({ name }) => name);
    for (const { benchmark } of Object.values(readCoefficients().coefficients)) {
      if (benchmark) assert.ok(names.includes(benchmark.name), benchmark.name);
    }
  });
});
