import {
  type CoefficientsDocument,
  coefficientTable,
  connectionsText,
  growthTable,
  limitsTable,
  type TableRows,
} from "@fleet/capacity";
import { greatBrokerText, millionText } from "./million-text.ts";
import { cellsOf, markdownTable, RESULT_COLUMNS } from "./results.ts";
import type { BenchmarkRecord } from "./results-file.ts";

/** The records of benchmarks, as a document of results has them. */
interface Measured {
  readonly benchmarks: readonly Pick<BenchmarkRecord, "name" | "results" | "machine">[];
}

/** Rows of benchmarks that say how a fleet's figures grow with it; of one that is not there it is told that it is not measured. */
export const MEASURED_ROWS: readonly { readonly benchmark: string; readonly rows: readonly string[] }[] = [
  {
    benchmark: "count",
    rows: ["1,000", "10,000", "100,000", "1,000,000"].map((keys) => `count of ${keys} keys, p99`),
  },
  {
    benchmark: "list",
    rows: ["100,000", "1,000,000"].flatMap((peels) => [`list of ${peels} peels`, `show of one of ${peels} peels, p50`]),
  },
  { benchmark: "resync", rows: ["snapshot of 1,000,000 peels", "resync of 1,000,000 peels"] },
  {
    benchmark: "mass",
    rows: [
      "mass join of 100,000 until the roster is right",
      "mass loss of 100,000, TTL 15 s, until the roster is right",
    ],
  },
  {
    benchmark: "million",
    rows: ["peels", "broker, cores", "broker, memory", "master, cores", "master, memory", "found past the TTL, median"],
  },
];

/**
 * The page on scaling with its generated parts written anew: what lies between `<!-- generated: NAME -->` and
 * `<!-- end -->`. Throws if the page lacks one of them, or has one that is not known.
 */
export function renderScalingPage(page: string, coefficients: CoefficientsDocument, results: Measured): string {
  const million = results.benchmarks.find(({ name }) => name === "million");
  const parts: Readonly<Record<string, string>> = {
    growth: tableOf(growthTable(coefficients)),
    connections: connectionsText(coefficients),
    limits: tableOf(limitsTable(coefficients)),
    measured: measuredTable(results),
    million: millionText(million),
    broker: greatBrokerText(million, coefficients.coefficients.brokerBytesPerPeel.value),
    coefficients: tableOf(coefficientTable(coefficients)),
  };
  const seen = new Set<string>();
  const written = page.replace(/(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, begin, name, end) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`the page on scaling has a part ${name}, which nobody writes`);
    seen.add(name);
    return `${begin}\n${part}\n\n${end}`;
  });
  const missing = Object.keys(parts).filter((name) => !seen.has(name));
  if (missing.length > 0) throw new Error(`the page on scaling has no part ${missing.join(", ")}`);
  return written;
}

function tableOf([headings = [], ...rows]: TableRows): string {
  return markdownTable(headings, rows);
}

function measuredTable({ benchmarks }: Measured): string {
  const rows = MEASURED_ROWS.flatMap(({ benchmark, rows: wanted }) =>
    wanted.map((what) => {
      const record = benchmarks.find(({ name }) => name === benchmark);
      const result = record?.results.find((each) => each.what === what);
      if (!record || !result) return [what, "not measured", "", `\`${benchmark}\``];
      const cells = cellsOf(result);
      const cell = (column: string) => cells[RESULT_COLUMNS.indexOf(column)] ?? "";
      return [what, cell("median"), cell("min–max"), `[${benchmark}](benchmarks.md#${benchmark})`];
    }),
  );
  return markdownTable(["what", "median", "min–max", "benchmark"], rows);
}
