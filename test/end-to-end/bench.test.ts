// The benchmarks in brief: that they run and how they tell, not what they measure.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { forkApart } from "../bench/apart.ts";
import { readResults } from "../bench/results-file.ts";

const BENCH = join(import.meta.dirname, "..", "bench", "main.js");

function runBench(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [BENCH, ...args],
      { env: { ...process.env, ...environment } },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? Number.NaN) : 0, stdout, stderr });
      },
    );
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
      assert.match(machine, /^\d+ cores .*Node\.js \d+\..*nats-server \d+\.\d+.*; commit \S+; in brief: no figures$/);
      assert.match(stdout, /^\| beats \| swarm, acknowledged beats \| [\d.,]+ 1\/s \|/m);
      for (const row of table) assert.equal(row.split("|").length, table[0]?.split("|").length, row);
      const [record] = (await readResults(file)).benchmarks;
      assert.deepEqual([record?.name, record?.runs, record?.brief], ["beats", 2, true]);
      const results = record?.results ?? [];
      assert.equal(results.length, table.length - 2);
      for (const { what, value, ratio } of results) {
        assert.ok(value.values.length === 2 && value.min > 0, `${what}: ${JSON.stringify(value)}`);
        assert.ok(ratio === undefined || ratio.min > 0, `${what}: ${JSON.stringify(ratio)}`);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("that run servers, swarms and listeners in processes of their own have figures of each", async () => {
    const { code, stdout, stderr } = await runBench(["index", "connections", "--brief", "--runs", "1"]);
    assert.equal(code, 0, stderr);
    const rows = stdout.split("\n").filter((line) => /^\| (index|connections) \|/.test(line));
    assert.equal(rows.length, 8, stdout);
    for (const row of rows) assert.doesNotMatch(row, /NaN|Infinity|\| 0 /);
    assert.doesNotMatch(stderr, /written:/, "what is measured in brief takes the place of no figures");
  });

  it("that fail are named, and leave no file behind that they would have written", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-bench-"));
    try {
      const file = join(folder, "results.json");
      const { code, stderr } = await runBench(["million", "--json", file], { FLEET_BENCH_PEELS: "0" });
      assert.equal(code, 1);
      assert.match(stderr, /FLEET_BENCH_PEELS is a whole number above 0[\s\S]*\nfailed: million\n$/);
      assert.doesNotMatch(stderr, /written:/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("do not wait for the answer of a program that has ended", async () => {
    await assert.rejects(forkApart("no-such-program", {}), /^Error: no-such-program ended with exit code 1$/);
  });

  it("are listed, and refused by name with 2 when there is none such", async () => {
    const list = await runBench(["--list"]);
    assert.match(list.stdout, /^beats +acknowledged beats/m);
    const wrong = await runBench(["beets"]);
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    assert.match(wrong.stderr, /^no such benchmark: beets; there are beats, .*operations/m);
    assert.equal((await runBench(["beats", "--runs", "0"])).code, 2);
  });
});
