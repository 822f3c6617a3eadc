import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type MeasuredBenchmark, refreshCoefficients } from "./coefficient-refresh.ts";
import { COEFFICIENT_NAMES, type CoefficientsDocument, coefficientValues, parseCoefficients } from "./coefficients.ts";
import { coefficientTable, connectionsText, growthTable, limitsTable } from "./growth-table.ts";

const source = { kind: "reference", what: "a guess", measuredAt: "2026-02", machine: "2 cores", server: "2.9.10" };
const CONTENT = {
  schemaVersion: 1,
  coefficients: Object.fromEntries(
    COEFFICIENT_NAMES.map((name) => [name, { value: 7, unit: "us", meaning: "something", source }]),
  ),
};
const measured = (row: string): CoefficientsDocument =>
  parseCoefficients(
    JSON.stringify({
      ...CONTENT,
      coefficients: {
        ...CONTENT.coefficients,
        masterCpuUsPerBeat: { ...CONTENT.coefficients["masterCpuUsPerBeat"], benchmark: { name: "index", row } },
      },
    }),
  );

const record: MeasuredBenchmark = {
  name: "index",
  measuredAt: "2026-03-04T05:06:07.000Z",
  commit: "abc1234",
  brief: false,
  machine: { cpu: "Some CPU", cores: 4, software: { "nats-server": "2.15.1" } },
  results: [{ what: "CPU a beat", unit: "us", value: { median: 4.5678 } }],
};

describe("a file of coefficients", () => {
  it("is refused when one is missing, unknown, without a source or no figure", () => {
    assert.equal(coefficientValues(parseCoefficients(JSON.stringify(CONTENT))).beatBytesUp, 7);
    const { beatBytesUp, ...others } = CONTENT.coefficients;
    for (const coefficients of [
      others,
      { ...CONTENT.coefficients, more: beatBytesUp },
      { ...others, beatBytesUp: { ...beatBytesUp, value: 0 } },
      { ...others, beatBytesUp: { ...beatBytesUp, source: undefined } },
    ]) {
      assert.throws(() => parseCoefficients(JSON.stringify({ ...CONTENT, coefficients })));
    }
  });

  it("takes the medians of the benchmarks that have been run, to three digits, with where and when that was", () => {
    const { masterCpuUsPerBeat, beatBytesUp } = refreshCoefficients(measured("CPU a beat"), [record]).coefficients;
    assert.equal(masterCpuUsPerBeat.value, 4.57);
    assert.deepEqual(masterCpuUsPerBeat.source, {
      kind: "benchmark",
      name: "index",
      row: "CPU a beat",
      commit: "abc1234",
      measuredAt: "2026-03-04",
      machine: "4 cores (Some CPU)",
      server: "2.15.1",
    });
    assert.deepEqual(beatBytesUp.source, source);
  });

  it("takes what a row is held against, or what lies between, in its own unit", () => {
    const figureOf = (figure: string, unit: string, limit: number) => {
      const document = measured("memory");
      const { coefficients } = document;
      const benchmark = { name: "index", row: "memory", figure: figure as "limit" };
      const asked = { ...coefficients, masterCpuUsPerBeat: { ...coefficients.masterCpuUsPerBeat, benchmark } };
      const results = [{ what: "memory", unit, value: { median: 6 }, limit: { value: { median: limit } } }];
      return refreshCoefficients({ ...document, coefficients: asked }, [{ ...record, results }]).coefficients
        .masterCpuUsPerBeat.value;
    };
    assert.deepEqual(
      [figureOf("value", "us", 2), figureOf("limit", "us", 2), figureOf("difference", "us", 2)],
      [6, 2, 4],
    );
    // Lost in the noise: what it had.
    assert.equal(figureOf("difference", "us", 6.5), 7);
    const [one, inKb] = [measured("memory"), [{ what: "memory", unit: "kB", value: { median: 6 } }]];
    const bytes = { ...one.coefficients.masterCpuUsPerBeat, unit: "bytes" as const };
    const document = { ...one, coefficients: { ...one.coefficients, masterCpuUsPerBeat: bytes } };
    assert.equal(
      refreshCoefficients(document, [{ ...record, results: inKb }]).coefficients.masterCpuUsPerBeat.value,
      6_000,
    );
  });

  it("keeps what it has of a benchmark that was not run, or only shown to work, or has no such row", () => {
    const document = measured("CPU a beat");
    assert.deepEqual(refreshCoefficients(document, []), document);
    assert.deepEqual(refreshCoefficients(document, [{ ...record, brief: true }]), document);
    assert.deepEqual(refreshCoefficients(measured("other"), [record]), measured("other"));
    const results = [{ what: "CPU a beat", unit: "ms", value: { median: 1 } }];
    assert.throws(() => refreshCoefficients(document, [{ ...record, results }]), /in ms, not in us/);
  });

  it("is shown with its sources, and as what fleets of several sizes need", () => {
    const [, ...coefficients] = coefficientTable(refreshCoefficients(measured("CPU a beat"), [record]));
    assert.deepEqual(
      coefficients.map(([name]) => name),
      COEFFICIENT_NAMES.map((name) => `\`${name}\``),
    );
    assert.ok(
      coefficients.some((row) => row.at(-1) === "[index](benchmarks.md#index): CPU a beat; 4 cores (Some CPU)"),
    );
    const [headings, ...rows] = growthTable(measured("CPU a beat"));
    assert.equal(rows.length, 12);
    for (const row of rows) assert.equal(row.length, headings?.length);
    assert.equal(limitsTable(measured("CPU a beat")).length, 8);
    assert.match(connectionsText(measured("CPU a beat")), /costs about 7 B and 7 us a beat: 1\.4 cores and /);
  });
});
