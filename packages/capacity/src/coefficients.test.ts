import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type MeasuredBenchmark, refreshCoefficients } from "./coefficient-refresh.ts";
import {
  COEFFICIENT_NAMES,
  type CoefficientRow,
  type CoefficientsDocument,
  coefficientValues,
  parseCoefficients,
} from "./coefficients.ts";
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
  results: [{ what: "CPU a beat", unit: "us", value: { values: [4.5678, 1, 9] } }],
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

  const coefficientOf = (
    benchmark: Partial<CoefficientRow>,
    unit: string,
    values: readonly number[],
    limits?: readonly number[],
  ) => {
    const document = measured("memory");
    const { coefficients } = document;
    const asked = { ...coefficients.masterCpuUsPerBeat, benchmark: { name: "index", row: "memory", ...benchmark } };
    const row = { what: "memory", unit, value: { values }, ...(limits && { limit: { value: { values: limits } } }) };
    return refreshCoefficients({ ...document, coefficients: { ...coefficients, masterCpuUsPerBeat: asked } }, [
      { ...record, results: [row] },
    ]).coefficients.masterCpuUsPerBeat;
  };

  it("takes what a row is held against, or what lies between, for one of those that it is for", () => {
    const [values, limits] = [
      [6, 12, 9],
      [2, 3, 4],
    ];
    assert.equal(coefficientOf({}, "us", values, limits).value, 9);
    assert.equal(coefficientOf({ figure: "limit" }, "us", values, limits).value, 3);
    assert.equal(coefficientOf({ figure: "difference" }, "us", values, limits).value, 5);
    const { value, source } = coefficientOf({ figure: "difference", dividedBy: 2 }, "us", values, limits);
    assert.equal(value, 2.5);
    assert.ok(source.kind === "benchmark");
    assert.deepEqual([source.row, source.figure, source.dividedBy], ["memory", "difference", 2]);
  });

  it("takes a difference run by run, and keeps what it has where the runs do not agree that there is one", () => {
    // Of the medians it would be 10 - 9, and of the means nothing.
    assert.equal(coefficientOf({ figure: "difference" }, "us", [10, 20, 3], [9, 10, 1]).value, 2);
    for (const [values, limits] of [
      [
        [25, 19, 23],
        [23, 20, 24],
      ],
      [
        [25, 26, 20],
        [23, 20, 20],
      ],
      [[6], [6.5]],
      [
        [25, 26, 24],
        [23, 20],
      ],
      [[25, 26, 24], undefined],
    ] as const) {
      assert.equal(coefficientOf({ figure: "difference" }, "us", values, limits).value, 7, `${values} - ${limits}`);
    }
  });

  it("takes a figure in the coefficient's own unit", () => {
    const document = measured("memory");
    const bytes = { ...document.coefficients.masterCpuUsPerBeat, unit: "bytes" as const };
    const asked = { ...document, coefficients: { ...document.coefficients, masterCpuUsPerBeat: bytes } };
    const results = [{ what: "memory", unit: "kB", value: { values: [6, 8] } }];
    assert.equal(refreshCoefficients(asked, [{ ...record, results }]).coefficients.masterCpuUsPerBeat.value, 7_000);
  });

  it("keeps what it has of a benchmark that was not run, or only shown to work, or has no such row", () => {
    const document = measured("CPU a beat");
    assert.deepEqual(refreshCoefficients(document, []), document);
    assert.deepEqual(refreshCoefficients(document, [{ ...record, brief: true }]), document);
    assert.deepEqual(refreshCoefficients(measured("other"), [record]), measured("other"));
    const results = [{ what: "CPU a beat", unit: "ms", value: { values: [1] } }];
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
    const sourceOf = (benchmark: Partial<CoefficientRow>) => {
      const { coefficients } = measured("memory");
      const shown = { ...coefficients, beatBytesUp: coefficientOf(benchmark, "us", [6], [2]) };
      return coefficientTable({ schemaVersion: 1, coefficients: shown })
        .flat()
        .find((cell) => cell.startsWith("["));
    };
    assert.match(String(sourceOf({ figure: "limit" })), /: what "memory" is held against; 4 cores/);
    assert.match(
      String(sourceOf({ figure: "difference", dividedBy: 2 })),
      /: what "memory" is above what it is held against, divided by 2; 4 cores/,
    );
    const [headings, ...rows] = growthTable(measured("CPU a beat"));
    assert.equal(rows.length, 12);
    for (const row of rows) assert.equal(row.length, headings?.length);
    assert.equal(limitsTable(measured("CPU a beat")).length, 8);
    assert.match(connectionsText(measured("CPU a beat")), /costs about 7 B and 7 us a beat: 1\.4 cores and /);
  });
});
