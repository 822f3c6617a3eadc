// Holds docs/errors.md to the error tables that the packages declare.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT, EXIT_CODE_OF_ERROR } from "@fleet/cli";
import type { ErrorRow, ErrorTable } from "@fleet/runtime";
import { codeIn, ROOT, readPackages, readSources, readText, tableRows } from "./workspace.ts";

const PAGE = "docs/errors.md";

const packages = readPackages();

/** Every error table a package exports, by the name it is exported under. */
async function exportedTables(name: string): Promise<Array<[string, ErrorTable<string>]>> {
  const exported: Record<string, unknown> = await import(`@fleet/${name}`);
  return Object.entries(exported).filter((entry): entry is [string, ErrorTable<string>] => isErrorTable(entry[1]));
}

function isErrorTable(value: unknown): value is ErrorTable<string> {
  return typeof value === "object" && value !== null && "rows" in value && "create" in value;
}

interface DeclaredError extends ErrorRow {
  readonly code: string;
  readonly package: string;
  /** Of a command that ends with it. */
  readonly exitCode: number;
}

async function declaredErrors(): Promise<DeclaredError[]> {
  const declared: DeclaredError[] = [];
  for (const { name } of packages) {
    for (const [, { rows }] of await exportedTables(name)) {
      for (const [code, { retryable, meaning }] of Object.entries(rows)) {
        declared.push({
          code,
          package: name,
          retryable,
          exitCode: EXIT_CODE_OF_ERROR[code] ?? EXIT.failed,
          meaning,
        });
      }
    }
  }
  return declared;
}

function documentedErrors(): DeclaredError[] {
  const page = existsSync(join(ROOT, PAGE)) ? readText(PAGE) : "";
  return tableRows(page).map(([code = "", name = "", retryable = "", exitCode = "", meaning = ""]) => {
    assert.match(retryable, /^(yes|no)$/, `${code}: retryable is yes or no`);
    assert.match(exitCode, /^\d+$/, `${code}: the exit code is a number`);
    return {
      code: codeIn(code)[0] ?? code,
      package: codeIn(name)[0] ?? name,
      retryable: retryable === "yes",
      exitCode: Number(exitCode),
      meaning,
    };
  });
}

function describe({ code, package: owner, retryable, exitCode, meaning }: DeclaredError): string {
  return `${code} (${owner}, ${retryable ? "" : "not "}retryable, exit code ${exitCode}): ${meaning}`;
}

test("every error table declared in a package is exported from its door", async () => {
  for (const { packageName, path, code, kind } of readSources(packages)) {
    if (kind === "test") continue;
    const exported = (await exportedTables(packageName)).map(([name]) => name);
    const declared = Array.from(code.matchAll(/\bconst (\w+)[^=;]*=\s*defineErrors\(/g), (match) => match[1] ?? "");
    for (const name of declared) assert.ok(exported.includes(name), `${path}: ${name} is not exported from index.ts`);
  }
});

test("docs/errors.md has every error code, with what the code says of it, and no other", async () => {
  const documented = documentedErrors().map(describe);
  const declared = (await declaredErrors()).map(describe);
  const differences = [
    ...declared.filter((row) => !documented.includes(row)).map((row) => `missing: ${row}`),
    ...documented.filter((row) => !declared.includes(row)).map((row) => `not in the code: ${row}`),
  ];
  assert.ok(differences.length === 0, `${PAGE} differs from the code, run npm run docs\n${differences.join("\n")}`);
  assert.equal(documented.length, declared.length, `${PAGE} has a row twice, run npm run docs`);
});

test("every exit code given to an error is given to one there is", async () => {
  const codes = (await declaredErrors()).map(({ code }) => code);
  for (const code of Object.keys(EXIT_CODE_OF_ERROR)) assert.ok(codes.includes(code), `there is no error ${code}`);
});

test("no two packages have an error code in common", async () => {
  const owners = new Map<string, string>();
  for (const { code, package: owner } of await declaredErrors()) {
    assert.equal(owners.get(code), undefined, `${code} is declared by ${owners.get(code)} and by ${owner}`);
    owners.set(code, owner);
  }
});

test("error codes are upper case and every meaning is a sentence", async () => {
  for (const { code, meaning } of await declaredErrors()) {
    assert.match(code, /^[A-Z0-9]+(_[A-Z0-9]+)*$/);
    assert.match(meaning, /^\S.*\.$/, `${code}: the meaning ends with a full stop and is one line`);
  }
});
