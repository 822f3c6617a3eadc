// Writes the parts of docs/ that repeat what the code says: `npm run docs`. Reads the built packages.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

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
  const { EXIT, EXIT_CODE_OF_ERROR } = await import(`@fleet/${EXIT_CODES_IN}`);
  const errors = [];
  for (const name of readdirSync(join(root, "packages")).sort()) {
    if (!existsSync(join(root, "packages", name, "dist", "index.js"))) {
      console.error(`packages/${name} is not built: its rows are missing`);
      process.exitCode = 1;
      continue;
    }
    const exported = await import(`@fleet/${name}`);
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

mkdirSync(join(root, "docs"), { recursive: true });
writeFileSync(join(root, "docs", "errors.md"), errorsPage);
