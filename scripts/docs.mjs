// Writes the parts of docs/ that repeat what the code says: `npm run docs`. Reads the built packages.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** A package by its name or by one of its doors; all of them are found from here, none is a dependency of the whole. */
const load = (door) => import(`@fleet/${door}`);

/** The package that gives errors their exit codes. */
const EXIT_CODES_IN = "cli";

/** Columns of docs/errors.md, in order; test/architecture/errors.test.ts reads all of them. */
const errorColumns = [
  { title: "code", cell: (error) => `\`${error.code}\`` },
  { title: "package", cell: (error) => `\`${error.package}\`` },
  { title: "retryable", cell: (error) => (error.retryable ? "yes" : "no") },
  { title: "exit code", cell: (error) => `${error.exitCode}` },
  { title: "meaning", cell: (error) => error.meaning },
];

/** Every row of every error table exported by a package, by package and code. */
async function declaredErrors() {
  const { EXIT, EXIT_CODE_OF_ERROR } = await load(EXIT_CODES_IN);
  const errors = [];
  for (const name of readdirSync(join(root, "packages")).sort()) {
    if (!existsSync(join(root, "packages", name, "dist", "index.js"))) {
      console.error(`packages/${name} is not built: its rows are missing`);
      process.exitCode = 1;
      continue;
    }
    const exported = await load(name);
    const tables = Object.values(exported).filter((value) => value?.rows && value.create);
    for (const [code, row] of tables.flatMap(({ rows }) => Object.entries(rows))) {
      errors.push({ code, package: name, exitCode: EXIT_CODE_OF_ERROR[code] ?? EXIT.failed, ...row });
    }
  }
  return errors.sort((a, b) => a.package.localeCompare(b.package) || a.code.localeCompare(b.code));
}

function markdownTable(columns, items) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    `|${"---|".repeat(columns.length)}`,
    ...items.map((item) => line(columns.map(({ cell }) => cell(item)))),
  ].join("\n");
}

const errorsPage = `# Error codes

Generated from the code by \`npm run docs\`: change the package's table, not this page.

Every operating error has one of these codes, for scripts and log queries to rely on: a code is never reused for
something else. *Retryable* means that the same call can succeed later without anybody changing anything. The exit code is
that of a \`fleet\` command which ends with the error.

${markdownTable(errorColumns, await declaredErrors())}
`;

/** Columns of docs/metrics.md, in order; test/architecture/metrics.test.ts reads all of them. */
const metricColumns = [
  { title: "metric", cell: ({ name }) => `\`${name}\`` },
  { title: "type", cell: ({ type }) => type },
  { title: "labels", cell: ({ labels }) => labels.map((label) => `\`${label}\``).join(", ") },
  { title: "served by", cell: ({ servedBy }) => servedBy.join(", ") },
  { title: "meaning", cell: ({ help }) => help },
];

/** Every metric of a peel and a master, by name: their own first, then the process's. */
async function declaredMetrics() {
  const { createPeel, resolvePeelOptions } = await load("peel");
  const { createMaster, resolveMasterOptions } = await load("master");
  const { systemClock } = await load("runtime");
  const { createRecordingLogger } = await load("runtime/testing");
  const parts = { version: "", session: "", clock: systemClock, random: Math.random, logger: createRecordingLogger() };
  const programs = {
    peel: createPeel({ ...parts, config: resolvePeelOptions({ id: "docs" }) }),
    master: createMaster({ ...parts, config: resolveMasterOptions({ id: "docs" }) }),
  };
  const rows = new Map();
  for (const [program, { metrics }] of Object.entries(programs)) {
    for (const description of metrics.describe()) {
      const row = rows.get(description.name) ?? { ...description, servedBy: [] };
      rows.set(description.name, { ...row, servedBy: [...row.servedBy, program] });
    }
  }
  const own = ({ name }) => (name.startsWith("fleet_") ? 0 : 1);
  return [...rows.values()].sort((a, b) => own(a) - own(b) || a.name.localeCompare(b.name));
}

const metricsPage = `# Metrics

Generated from the code by \`npm run docs\`: change the metric where it is registered, not this page.

A peel and a master serve these at \`/metrics\`, as Prometheus text or as OpenMetrics by the scraper's \`Accept\`, and at
\`/metrics.json\`. \`--metrics-prefix zester\` serves every \`fleet_…\` as \`zester_…\`. OpenMetrics names a counter's family
without \`_total\`; the samples are called the same in all formats. No peel is ever a label. Programs written in Go
have \`go_*\` metrics; in their place are those of Node.js, \`nodejs_*\`. The \`process_*\` are those of Linux.

${markdownTable(metricColumns, await declaredMetrics())}
`;

const { BENCHMARKS } = await import("../test/dist/bench/suite.js");
const { readResults } = await import("../test/dist/bench/results-file.js");
const { renderResultsPage } = await import("../test/dist/bench/results-page.js");
const results = await readResults(join(root, "docs", "benchmarks.json"));
const benchmarksPage = renderResultsPage(results, BENCHMARKS);

const { parseCoefficients, refreshCoefficients } = await load("capacity");
const { renderScalingPage } = await import("../test/dist/bench/scaling-page.js");
const coefficientsFile = join(root, "packages", "capacity", "coefficients.json");
const coefficients = refreshCoefficients(parseCoefficients(readFileSync(coefficientsFile, "utf8")), results.benchmarks);
const scalingFile = join(root, "docs", "scaling.md");
const scalingPage = renderScalingPage(readFileSync(scalingFile, "utf8"), coefficients, results);

mkdirSync(join(root, "docs"), { recursive: true });
writeFileSync(join(root, "docs", "benchmarks.md"), benchmarksPage);
writeFileSync(join(root, "docs", "errors.md"), errorsPage);
writeFileSync(coefficientsFile, `${JSON.stringify(coefficients, null, 2)}\n`);
writeFileSync(scalingFile, scalingPage);
writeFileSync(join(root, "docs", "metrics.md"), metricsPage);

const { describeConfigurationFile } = await load("cli");
writeFileSync(
  join(root, "docs", "fleet.schema.json"),
  `${JSON.stringify(await describeConfigurationFile(), null, 2)}\n`,
);
