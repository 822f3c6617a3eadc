// The benchmarks in brief: that they run and how they tell, not what they measure.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gatherResults, type Result, renderResults } from "../bench/results.ts";
import { median, quantile } from "../bench/statistics.ts";

const BENCH = join(import.meta.dirname, "..", "bench", "main.js");

function runBench(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BENCH, ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? Number.NaN) : 0, stdout, stderr });
    });
  });
}

describe("the benchmarks", () => {
  it("run each alone, print one table and write all runs as JSON", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-bench-"));
    try {
      const file = join(folder, "results.json");
      const { code, stdout, stderr } = await runBench(["beats", "--brief", "--runs", "2", "--json", file]);
      assert.equal(code, 0, stderr);
      const [machine = "", , ...table] = stdout.trimEnd().split("\n");
      assert.match(machine, /^\d+ cores .*Node\.js v\d+.*nats-server \d+\.\d+/);
      assert.match(stdout, /^\| beats \| swarm, acknowledged beats \| [\d.,]+ 1\/s \|/m);
      for (const row of table) assert.equal(row.split("|").length, table[0]?.split("|").length, row);
      const { results } = JSON.parse(await readFile(file, "utf8")) as { results: Result[] };
      assert.equal(results.length, table.length - 2);
      for (const { what, value, ratio } of results) {
        assert.ok(value.values.length === 2 && value.min > 0, `${what}: ${JSON.stringify(value)}`);
        assert.ok(ratio === undefined || ratio.min > 0, `${what}: ${JSON.stringify(ratio)}`);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("are listed, and refused by name with 2 when there is none such", async () => {
    const list = await runBench(["--list"]);
    assert.match(list.stdout, /^beats +acknowledged beats/m);
    const wrong = await runBench(["beets"]);
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    assert.match(wrong.stderr, /^no such benchmark: beets; there are beats, count, peel, operations$/m);
    assert.equal((await runBench(["beats", "--runs", "0"])).code, 2);
  });
});

describe("the results of several runs", () => {
  const run = (value: number, limit: number) => [
    { what: "speed", unit: "1/s", value, limit: { what: "bare", value: limit }, budget: { least: 150 } },
    { what: "memory", unit: "MB", value: 2_000, budget: { most: 1_000 } },
  ];

  it("have their median, the spread, and the ratio to the limit of the same run", () => {
    const [speed, memory] = gatherResults("b", [run(100, 200), run(300, 400), run(200, 200)]);
    assert.deepEqual(speed?.value, { median: 200, min: 100, max: 300, values: [100, 300, 200] });
    assert.deepEqual(speed?.ratio, { median: 0.75, min: 0.5, max: 1, values: [0.5, 0.75, 1] });
    assert.deepEqual([speed?.met, memory?.met], [true, false]);
    assert.equal(memory?.ratio, undefined);
  });

  it("are shown in one table", () => {
    const table = renderResults(gatherResults("b", [run(100, 200), run(300, 400), run(200, 200)])).split("\n");
    assert.equal(
      table[2],
      "| b | speed | 200 1/s | 100–300 | bare | 200 1/s (200–400) | 0.75 (0.50–1.00) | ≥ 150 1/s | met |",
    );
    assert.equal(table[3], "| b | memory | 2,000 MB | 2,000–2,000 |  |  |  | ≤ 1,000 MB | missed |");
  });

  it("are told by median and quantile, of an even number too", () => {
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([3, 1, 2]), 2);
    assert.throws(() => median([]), /no median/);
    assert.deepEqual([quantile([4, 1, 3, 2], 0.5), quantile([4, 1, 3, 2], 0.99), quantile([7], 0)], [2, 4, 7]);
  });
});
