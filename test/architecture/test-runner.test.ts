// `npm test` must never pass without having run what it was asked for.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { ROOT } from "./workspace.ts";

const PASSING = `import { test } from "node:test"; test("passes", () => {});`;
const FAILING = `import { test } from "node:test"; test("fails", () => { throw new Error("broken"); });`;

/** Runs a copy of scripts/test.mjs in a tree of the files given. */
function runTests(context: TestContext, files: Readonly<Record<string, string>>, ...args: string[]) {
  const root = mkdtempSync(join(tmpdir(), "fleet-test-runner-"));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const everyFile = {
    "package.json": `{ "type": "module" }`,
    "packages/a/package.json": `{ "type": "module" }`,
    ...files,
  };
  for (const [path, text] of Object.entries(everyFile)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  cpSync(join(ROOT, "scripts/test.mjs"), join(root, "scripts/test.mjs"));
  // Node's runner refuses to run inside itself, which it sees by this variable.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/test.mjs"), ...args], {
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** A test with its source, as after a build. */
function builtTest(suite: "unit" | "integration", name: string, code: string): Record<string, string> {
  const [source, compiled] =
    suite === "unit" ? ["packages/a/src", "packages/a/dist"] : [`test/${suite}`, `test/dist/${suite}`];
  return { [`${source}/${name}.test.ts`]: code, [`${compiled}/${name}.test.js`]: code };
}

test("without names all suites run, and one that fails does not keep the next from running", (context) => {
  const files = { ...builtTest("unit", "one", FAILING), ...builtTest("integration", "two", PASSING) };
  const { status, stdout, stderr } = runTests(context, files);
  assert.equal(status, 1);
  assert.match(stdout, /✖ fails/);
  assert.match(stdout, /✔ passes/);
  assert.match(stderr, /failed: unit$/m);
});

test("with names only those suites run", (context) => {
  const files = { ...builtTest("unit", "one", FAILING), ...builtTest("integration", "two", PASSING) };
  const { status, stdout } = runTests(context, files, "integration");
  assert.equal(status, 0);
  assert.doesNotMatch(stdout, /fails/);
});

test("an unknown suite ends with exit code 2 and the names there are", (context) => {
  const { status, stderr } = runTests(context, builtTest("unit", "one", PASSING), "unitt");
  assert.equal(status, 2);
  assert.match(stderr, /no such suite: unitt; there are unit, simulation, architecture, integration, end-to-end/);
});

test("a suite asked for that has no tests is a failure, and so is a tree without any", (context) => {
  const { status, stderr } = runTests(context, builtTest("unit", "one", PASSING), "unit", "integration");
  assert.equal(status, 1);
  assert.match(stderr, /integration: no test files found/);
  assert.equal(runTests(context, {}).status, 1);
});

test("a compiled test whose source is gone does not run", (context) => {
  const files = { ...builtTest("unit", "one", PASSING), "packages/a/dist/gone.test.js": FAILING };
  assert.equal(runTests(context, files, "unit").status, 0);
});

test("a test that is not compiled is a failure", (context) => {
  const files = { ...builtTest("unit", "one", PASSING), "packages/a/src/new.test.ts": PASSING };
  const { status, stderr } = runTests(context, files, "unit");
  assert.equal(status, 1);
  assert.match(stderr, /not compiled: packages\/a\/dist\/new.test.js; run npm run build/);
});

test("options go to Node's test runner", (context) => {
  const files = { ...builtTest("unit", "one", PASSING), ...builtTest("unit", "two", FAILING) };
  assert.equal(runTests(context, files, "unit", "--test-name-pattern=passes").status, 0);
});
