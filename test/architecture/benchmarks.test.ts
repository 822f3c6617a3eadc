// Holds docs/benchmarks.md to docs/benchmarks.json, and both to how results are put together.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cellsOf, gatherResults, renderResults } from "../bench/results.ts";
import { type BenchmarkRecord, putRecord, readResults, writeResults } from "../bench/results-file.ts";
import { renderResultsPage } from "../bench/results-page.ts";
import { median, quantile } from "../bench/statistics.ts";
import { BENCHMARKS } from "../bench/suite.ts";
import { ROOT, readText, unaligned } from "./workspace.ts";

describe("docs/benchmarks.md", () => {
  it("tells what docs/benchmarks.json has (else: npm run docs)", async () => {
    const page = renderResultsPage(await readResults(join(ROOT, "docs", "benchmarks.json")), BENCHMARKS);
    assert.deepEqual(unaligned(readText("docs/benchmarks.md")), unaligned(page));
  });
});

describe("the benchmarks", () => {
  it("have each a name of their own that a page can link to, and say what they measure and what they do not", () => {
    const names = BENCHMARKS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, measures, leavesOut } of BENCHMARKS) {
      assert.match(name, /^[a-z]+(-[a-z]+)*$/);
      assert.match(`${measures} ${leavesOut}`, /\.$/, name);
    }
  });
});

const run = (value: number, limit: number) => [
  { what: "speed", unit: "1/s", value, limit: { what: "bare", value: limit }, budget: { least: 150 } },
  { what: "memory", unit: "MB", value: 2_000, budget: { most: 1_000 } },
  { what: "cost", unit: "us", value: limit * 2, limit: { what: "bare", value: limit }, budget: { mostOfLimit: 1.7 } },
];
const results = gatherResults("b", [run(100, 200), run(300, 400), run(200, 200)]);

describe("the results of several runs", () => {
  it("have their median, the spread, and the ratio to the limit of the same run", () => {
    const [speed, memory, cost] = results;
    assert.deepEqual(speed?.value, { median: 200, min: 100, max: 300, values: [100, 300, 200] });
    assert.deepEqual(speed?.ratio, { median: 0.75, min: 0.5, max: 1, values: [0.5, 0.75, 1] });
    assert.deepEqual([speed?.met, memory?.met, cost?.met], [true, false, false]);
    assert.equal(memory?.ratio, undefined);
  });

  it("are none where nothing was measured", () => {
    const nothing = [{ what: "speed", unit: "1/s", value: Number.NaN }];
    assert.throws(() => gatherResults("b", [nothing]), /b: there is no figure for speed/);
    const noLimit = [{ what: "speed", unit: "1/s", value: 1, limit: { what: "bare", value: Number.NaN } }];
    assert.throws(() => gatherResults("b", [noLimit]), /no figure/);
  });

  it("are none where one of the runs lacks a figure, a limit or a row, or has a row twice", () => {
    const speed = (value: number, limit?: number) => ({
      what: "speed",
      unit: "1/s",
      value,
      ...(limit !== undefined && { limit: { what: "bare", value: limit } }),
    });
    const [one, three] = [[speed(1)], [speed(3)]];
    for (const broken of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const runs of [
        [[speed(broken)], one, three],
        [one, three, [speed(broken)]],
      ]) {
        assert.throws(() => gatherResults("b", runs), /^Error: b: there is no figure for speed in each run: /);
      }
    }
    for (const limits of [[1, 0], [1, Number.NaN], [1]]) {
      const runs = [[speed(1, limits[0])], [speed(1, limits[1])]];
      assert.throws(() => gatherResults("b", runs), /no figure for speed in each run/);
      assert.throws(() => gatherResults("b", runs.reverse()), /no figure for speed in each run/);
    }
    assert.throws(() => gatherResults("b", [one, three, []]), /^Error: b, run 3 of 3 has 0 rows speed, not one$/);
    assert.throws(() => gatherResults("b", [[], one, three]), /^Error: b, run 1 of 3 has 0 rows speed, not one$/);
    assert.throws(() => gatherResults("b", [[speed(1), speed(2)]]), /has 2 rows speed, not one/);
    const notMeasured = [{ ...speed(Number.NaN), notMeasured: "no mirror" }];
    assert.throws(() => gatherResults("b", [notMeasured, one]), /no figure for speed in each run/);
  });

  it("are shown in one table", () => {
    const table = renderResults(results).split("\n");
    assert.equal(
      table[2],
      "| b | speed | 200 1/s | 100–300 | bare | 200 1/s (200–400) | 0.75 (0.50–1.00) | ≥ 150 1/s | met |",
    );
    assert.equal(table[3], "| b | memory | 2,000 MB | 2,000–2,000 |  |  |  | ≤ 1,000 MB | missed |");
    assert.match(table[4] ?? "", /\| 2\.00 \(2\.00–2\.00\) \| ≤ 1\.7 × the limit \| missed \|$/);
  });

  it("say so where something could not be measured, also when they were kept as JSON", () => {
    const rival = { what: "a rival", unit: "ms", value: Number.NaN, notMeasured: "no mirror" };
    const gathered = gatherResults("b", [[rival]]);
    for (const [kept] of [gathered, JSON.parse(JSON.stringify(gathered))]) {
      assert.deepEqual(cellsOf(kept), ["a rival", "not measured: no mirror", "", "", "", "", "", ""]);
    }
  });

  it("have no unit where there is none", () => {
    const [peels] = gatherResults("b", [[{ what: "peels", unit: "", value: 3, budget: { least: 2 } }]]);
    assert.ok(peels);
    assert.deepEqual(cellsOf(peels), ["peels", "3", "3–3", "", "", "", "≥ 2", "met"]);
  });

  it("are told by median and quantile, of an even number too", () => {
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([3, 1, 2]), 2);
    assert.throws(() => median([]), /no median/);
    assert.deepEqual([quantile([4, 1, 3, 2], 0.5), quantile([4, 1, 3, 2], 0.99), quantile([7], 0)], [2, 4, 7]);
  });
});

const record = (name: string, commit: string, cores = 2): BenchmarkRecord => ({
  name,
  measuredAt: "2026-02-03T04:05:06.789Z",
  commit,
  othersCores: 0.25,
  machine: { cpu: "a", cores, memoryGb: 24, system: "linux", software: { fleet: "1.0.0" } },
  runs: 3,
  brief: false,
  results: gatherResults(name, [run(100, 200)]),
});
const describedAs = (name: string) => ({ name, summary: "", measures: `What ${name} is.`, leavesOut: "All else." });

describe("a file of results", () => {
  it("has each benchmark once, as it was measured last", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-results-"));
    try {
      const file = join(folder, "results.json");
      for (const each of [record("a", "first"), record("b", "first"), record("a", "second")]) {
        await writeResults(file, putRecord(await readResults(file), each));
      }
      const { benchmarks } = await readResults(file);
      assert.deepEqual(
        benchmarks.map(({ name, commit }) => `${name} ${commit}`),
        ["a second", "b first"],
      );
      assert.deepEqual(benchmarks[0], record("a", "second"));
      await writeFile(file, '{"schemaVersion":1}');
      await assert.rejects(readResults(file), /schema 1, not 2/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("becomes a page in the order of the benchmarks, which says what is missing and where each was measured", () => {
    const document = [record("b", "two", 8), record("a", "one")].reduce(putRecord, {
      schemaVersion: 2,
      benchmarks: [],
    });
    const page = renderResultsPage(document, ["a", "b", "c"].map(describedAs));
    const headings = page.split("\n").filter((line) => /^#/.test(line));
    assert.deepEqual(headings, ["# Benchmarks", "## Budgets", "## a", "## b"]);
    assert.match(page, /^Not measured: `c`\.$/m);
    assert.match(page, /^1\. 2 cores \(a\), 24 GB, linux; fleet 1\.0\.0\n2\. 8 cores/m);
    assert.match(page, /^What b is\.\n\nNot in it: All else\.$/m);
    assert.match(page, /^3 runs on 2026-02-03, commit two; others kept 0\.25 processors busy; machine 2\.$/m);
    assert.match(page, /^\| \[a\]\(#a\) \| memory \| 2,000 MB \| 2,000–2,000 \| {2}\| ≤ 1,000 MB \| missed \|$/m);
  });

  it("becomes no page with figures in brief, or of a benchmark that there is not", () => {
    const brief = putRecord({ schemaVersion: 2, benchmarks: [] }, { ...record("a", "one"), brief: true });
    assert.throws(() => renderResultsPage(brief, [describedAs("a")]), /in brief/);
    const gone = putRecord({ schemaVersion: 2, benchmarks: [] }, record("a", "one"));
    assert.throws(() => renderResultsPage(gone, [describedAs("b")]), /no benchmark a/);
  });
});
