// Holds docs/scaling.md and the coefficients of `fleet plan` to docs/benchmarks.json.
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseCoefficients, refreshCoefficients } from "@fleet/capacity";
import { readResults } from "../bench/results-file.ts";
import { MEASURED_ROWS, renderScalingPage } from "../bench/scaling-page.ts";
import { BENCHMARKS } from "../bench/suite.ts";
import { ROOT, readText, unaligned } from "./workspace.ts";

const readCoefficients = () => parseCoefficients(readText("packages/capacity/coefficients.json"));
const readBenchmarks = () => readResults(join(ROOT, "docs", "benchmarks.json"));

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
      benchmarks: [{ name: "count", results }],
    });
    assert.match(page, /^\| count of 1,000 keys, p99 \| 1\.5 ms \| 1–2 \| \[count\]\(benchmarks\.md#count\) \|$/m);
    assert.match(page, /^\| count of 10,000 keys, p99 \| not measured \|/m);
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
