// `npm start` and `npm test` do their own set-up: what is missing or stale is installed, and nothing else is.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { ROOT } from "./workspace.ts";

/** Stands in for npm: says how it was called, installs a compiler that does the same, and ends as NPM_EXITS says. */
const NPM = `#!/bin/sh
echo "npm $*"
mkdir -p node_modules/typescript/bin
echo 'console.log("tsc", process.argv.slice(2).join(" ")); process.exit(Number(process.env.TSC_EXITS));' > node_modules/typescript/bin/tsc
exit "$NPM_EXITS"
`;

function createCheckout(context: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "fleet-prepare-"));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  };
  write("package-lock.json", "{}");
  write("bin/npm", NPM, 0o755);
  cpSync(join(ROOT, "scripts/prepare.mjs"), join(root, "scripts/prepare.mjs"));
  const prepare = (exits: { npm?: number; tsc?: number } = {}) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/prepare.mjs")], {
      // From another folder, as npm with --prefix would.
      cwd: tmpdir(),
      env: {
        PATH: `${join(root, "bin")}${delimiter}${process.env["PATH"]}`,
        NPM_EXITS: `${exits.npm ?? 0}`,
        TSC_EXITS: `${exits.tsc ?? 0}`,
      },
      encoding: "utf8",
      timeout: 60_000,
    });
    return { status, ran: stdout.trim().split("\n").filter(Boolean), stderr };
  };
  return { prepare, write };
}

const INSTALL = "npm ci --loglevel error";
const BUILD = "tsc -b";

test("a fresh checkout is installed and built, and the next time only built", (context) => {
  const { prepare } = createCheckout(context);
  const first = prepare();
  assert.deepEqual([first.status, first.ran], [0, [INSTALL, BUILD]]);
  assert.equal(first.stderr, "Installing dependencies …\nBuilding …\n");
  const second = prepare();
  assert.deepEqual([second.status, second.ran, second.stderr], [0, [BUILD], "Building …\n"]);
});

test("dependencies are installed again when the lock file is another", (context) => {
  const { prepare, write } = createCheckout(context);
  prepare();
  write("package-lock.json", '{ "name": "other" }');
  assert.deepEqual(prepare().ran, [INSTALL, BUILD]);
  assert.deepEqual(prepare().ran, [BUILD]);
});

test("dependencies are installed again when they were for another Node.js or machine", (context) => {
  const { prepare, write } = createCheckout(context);
  prepare();
  write("node_modules/.fleet-installed", "0123 node-115 plan9-mips\n");
  assert.deepEqual(prepare().ran, [INSTALL, BUILD]);
});

test("an install that fails ends it with 1, is told of, and is tried again the next time", (context) => {
  const { prepare } = createCheckout(context);
  const { status, ran, stderr } = prepare({ npm: 9 });
  assert.deepEqual([status, ran], [1, [INSTALL]]);
  assert.match(stderr, /^Installing dependencies failed: `npm ci --loglevel error` ended with exit code 9$/m);
  assert.deepEqual(prepare().ran, [INSTALL, BUILD]);
});

test("a build that fails ends it with 1 and is told of", (context) => {
  const { status, ran, stderr } = createCheckout(context).prepare({ tsc: 2 });
  assert.deepEqual([status, ran], [1, [INSTALL, BUILD]]);
  assert.match(stderr, /^Building failed: .*tsc -b` ended with exit code 2$/m);
});
