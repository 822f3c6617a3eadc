// Holds the layers: package.json, tsconfig.json, the imports themselves and the table in CONTRIBUTING.md agree.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, join } from "node:path";
import { test } from "node:test";
import {
  codeIn,
  importsOf,
  ROOT,
  readPackages,
  readSources,
  readText,
  readWorkspace,
  resolveRelative,
  type SourceFile,
  splitSpecifier,
  tableRows,
  type Workspace,
  workspaceAt,
} from "./workspace.ts";

const SCOPE = "@fleet/";

/** Within one layer, who may import whom. */
const WITHIN_A_LAYER = new Map([["wire", "runtime"]]);

/** External packages that need no row. */
const ALLOWED_ANYWHERE = "zod";

/** Where the process itself may be touched: the environment, the arguments, the exit. */
const PROCESS_ALLOWED = [
  "packages/cli/",
  "packages/broker/src/testing/",
  // NO_COLOR, which libraries are asked to obey.
  "packages/runtime/src/logger.ts",
];

/** Where files may be touched. */
const FILES_ALLOWED = [
  "packages/cli/",
  "packages/broker/",
  // Standard output, as a file descriptor.
  "packages/runtime/src/log-output.ts",
];

/** They say nothing about what is inside. */
const EMPTY_WORDS = /^(utils?|helpers?|common|shared|misc|base|managers?|handlers?|data|info|types)$/;

interface Row {
  readonly layer: number;
  readonly external: readonly string[];
}

const packages = readPackages();
const sources = readSources(packages);
const table = new Map<string, Row>(
  tableRows(readText("CONTRIBUTING.md"), "Layers").map(([layer = "", name = "", , external = ""]) => [
    codeIn(name)[0] ?? name,
    { layer: Number(layer), external: codeIn(external) },
  ]),
);

function fleetDependencies({ manifest }: Workspace): string[] {
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter((name) => name.startsWith(SCOPE))
    .map((name) => name.slice(SCOPE.length))
    .sort();
}

function externalDependencies({ manifest }: Workspace): string[] {
  return Object.keys(manifest.dependencies ?? {})
    .filter((name) => !name.startsWith(SCOPE) && name !== ALLOWED_ANYWHERE)
    .sort();
}

function assertNone(violations: readonly string[]): void {
  assert.deepEqual(violations, []);
}

/** For every import of every file, what is wrong with it. */
function checkImports(check: (specifier: string, file: SourceFile) => string | undefined): string[] {
  return sources.flatMap((file) =>
    file.imports.flatMap((specifier) => {
      const problem = check(specifier, file);
      return problem === undefined ? [] : [`${file.path}: "${specifier}" ${problem}`];
    }),
  );
}

/** No file outside the places has a finding, and every place still has one. */
function assertOnlyIn(places: readonly string[], find: (file: SourceFile) => string[]): void {
  const found = sources
    .filter(({ kind }) => kind !== "test")
    .flatMap((file) => find(file).map((what) => ({ what, ...file })));
  assertNone([
    ...found
      .filter(({ path }) => !places.some((place) => path.startsWith(place)))
      .map(({ path, what }) => `${path}: ${what}`),
    ...places
      .filter((place) => !found.some(({ path }) => path.startsWith(place)))
      .map((place) => `${place} needs no exception any more`),
  ]);
}

test("the table in CONTRIBUTING.md lists every package and no other", () => {
  assert.deepEqual([...table.keys()].sort(), packages.map(({ name }) => name).sort());
  for (const [name, { layer }] of table) assert.ok(Number.isInteger(layer), `${name}: no layer`);
});

test("every package is named after its folder", () => {
  for (const { name, manifest } of packages) assert.equal(manifest.name, `${SCOPE}${name}`);
});

test("packages depend on packages of lower layers only", () => {
  assertNone(
    packages.flatMap((workspace) =>
      fleetDependencies(workspace)
        .filter((dependency) => WITHIN_A_LAYER.get(workspace.name) !== dependency)
        .filter(
          (dependency) =>
            !((table.get(dependency)?.layer ?? Number.NaN) < (table.get(workspace.name)?.layer ?? Number.NaN)),
        )
        .map((dependency) => `${workspace.name} depends on ${dependency}, which is not in a lower layer`),
    ),
  );
});

test("external dependencies are exactly those the table fences in each package", () => {
  assert.deepEqual(
    packages.map((workspace) => [workspace.name, externalDependencies(workspace)]),
    packages.map(({ name }) => [name, [...(table.get(name)?.external ?? [])].sort()]),
  );
});

test("each tsconfig.json refers to exactly the packages its package.json depends on", () => {
  const workspaces = [...packages, readWorkspace("test")];
  assert.deepEqual(
    workspaces.map(({ name, references }) => [name, [...references].sort()]),
    workspaces.map((workspace) => [workspace.name, fleetDependencies(workspace)]),
  );
});

test("the top tsconfig.json refers to every package and to test", () => {
  const references: Array<{ path: string }> = JSON.parse(readText("tsconfig.json")).references;
  assert.deepEqual(
    references.map(({ path }) => workspaceAt(path)).sort(),
    [...packages.map(({ name }) => name), "test"].sort(),
  );
});

test("Biome refuses undeclared dependencies and import cycles", () => {
  const { rules } = JSON.parse(readText("biome.json")).linter;
  assert.equal(rules.correctness.noUndeclaredDependencies, "error");
  assert.equal(rules.suspicious.noImportCycles, "error");
});

test("the imports of a file are all found, however they are written", () => {
  const code = `
    import one from "one";
    import { a,
      type B,
    } from './two.ts';
    import type { C } from "three";
    import * as four from "four";
    import "five";
    export { d } from "./six.ts";
    export * from "./seven.ts";
    const e = await import("eight");
    const load = createRequire(import.meta.url);
    const f = load("nine") as typeof import("nine");
    const g = load(\`ten/lib/\${name}\`);
    const from = "no import";
    export const text = "from";`;
  assert.deepEqual(
    importsOf(code).sort(),
    ["one", "./two.ts", "three", "four", "five", "./six.ts", "./seven.ts", "eight", "nine", "nine", "ten/lib/"].sort(),
  );
});

test("what createRequire gives is called load, so that its imports are found", () => {
  assertNone(
    sources
      .filter(({ code }) =>
        /\bcreateRequire\(/.test(code.replaceAll("const load = createRequire(import.meta.url);", "")),
      )
      .map(({ path }) => `${path} calls what createRequire gives something else`),
  );
});

test("every package imported is declared, through a door it has", () => {
  const byName = new Map(packages.map((workspace) => [workspace.name, workspace]));
  assertNone(
    checkImports((specifier, file) => {
      if (specifier.startsWith(".")) return undefined;
      if (specifier.startsWith("node:")) return undefined;
      if (builtinModules.includes(specifier)) return "is written without node:";
      const { dependency, door } = splitSpecifier(specifier);
      const manifest = byName.get(file.packageName)?.manifest;
      const declared = {
        ...manifest?.dependencies,
        ...(file.kind === "test" ? manifest?.devDependencies : {}),
      };
      if (!Object.hasOwn(declared, dependency)) return "is not declared in package.json";
      const doors = byName.get(dependency.slice(SCOPE.length))?.manifest.exports;
      return dependency.startsWith(SCOPE) && !Object.hasOwn(doors ?? {}, door) ? "is no door" : undefined;
    }),
  );
});

test("relative imports name a .ts file of the same package", () => {
  assertNone(
    checkImports((specifier, file) => {
      if (!specifier.startsWith(".")) return undefined;
      if (!specifier.endsWith(".ts")) return "does not end in .ts";
      const path = resolveRelative(file, specifier);
      if (!path.startsWith(`packages/${file.packageName}/src/`)) return "leaves the package";
      return existsSync(join(ROOT, path)) ? undefined : "does not exist";
    }),
  );
});

test("production code imports neither tests nor twins, its own or others'", () => {
  assertNone(
    checkImports((specifier, file) => {
      if (file.kind !== "production") return undefined;
      if (specifier.endsWith(".test.ts")) return "is a test";
      if (!specifier.startsWith("."))
        return splitSpecifier(specifier).door === "./testing" ? "is a testing door" : undefined;
      return resolveRelative(file, specifier).includes("/src/testing/") ? "is behind the testing door" : undefined;
    }),
  );
});

test("only the command line imports the broker for development", () => {
  assertNone(
    checkImports((specifier, file) => {
      const ofBroker = splitSpecifier(specifier).dependency === `${SCOPE}broker`;
      return ofBroker && file.kind === "production" && file.packageName !== "cli" ? "is not for production" : undefined;
    }),
  );
});

test("environment, arguments and exit of the process are touched only in the command line", () => {
  assertOnlyIn(PROCESS_ALLOWED, ({ code, imports }) => [
    ...(code.match(/\bprocess\s*\.\s*(?:env|argv|exit|exitCode)\b/g) ?? []),
    ...imports.filter((specifier) => specifier === "node:process"),
  ]);
});

test("files are touched only in the command line and the broker for development", () => {
  assertOnlyIn(FILES_ALLOWED, ({ imports }) => imports.filter((specifier) => /^node:fs(\/promises)?$/.test(specifier)));
});

test("no file or folder has a name that says nothing", () => {
  assertNone(
    sources
      .map(({ path }) => path)
      .filter((path) =>
        path
          .split("/src/")[1]
          ?.split(/[/.-]/)
          .some((word) => EMPTY_WORDS.test(word)),
      ),
  );
});

test("every package has a door that exports its names one by one", () => {
  assertNone(
    packages.flatMap(({ directory }) => (existsSync(join(ROOT, directory, "src/index.ts")) ? [] : [directory])),
  );
  assertNone(
    sources
      .filter(({ path }) => basename(path) === "index.ts")
      .filter(({ code }) => /^\s*export\s*(type\s*)?\*/m.test(code))
      .map(({ path }) => path),
  );
});
