// Runs the compiled tests with Node's test runner: `node scripts/test.mjs [suite ...] [--test-option=value ...]`.
// Without names all suites run, each in its own process; the exit code is 1 if any of them fails.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Tests that only compute share one process: starting one for each file takes longer than all of them. */
const inOneProcess = ["--input-type=module", "--eval", "for (const file of process.argv.slice(1)) await import(file);"];

/** Suites that start servers and processes run few files at a time: on a small machine more of them only make each other late. */
const fewAtATime = ["--test", "--test-timeout=180000", "--test-concurrency=2"];

/** Whole fleets whose processes are killed at times that count: they have the machine to themselves. */
const oneAtATime = ["--test", "--test-timeout=300000", "--test-concurrency=1"];

/** Tests beside the code that go through many thousands of histories: seconds, where a unit test takes milliseconds. */
const SIMULATION = ".simulation.test.ts";

/** In the order they run: what fails fast comes first. */
const suites = {
  unit: { folders: packageFolders(), options: inOneProcess },
  simulation: { folders: packageFolders(), options: fewAtATime, ending: SIMULATION },
  architecture: { folders: [testFolder("architecture")], options: inOneProcess },
  integration: { folders: [testFolder("integration")], options: fewAtATime },
  "end-to-end": { folders: [testFolder("end-to-end")], options: fewAtATime },
  chaos: { folders: [testFolder("chaos")], options: oneAtATime },
  // Runs when it is named: minutes of strikes at random, to be repeated with many seeds.
  endurance: { folders: [testFolder("endurance")], options: oneAtATime, onlyNamed: true },
};

function packageFolders() {
  const packages = join(root, "packages");
  return readdirSync(packages).map((name) => ({
    source: join(packages, name, "src"),
    compiled: join(packages, name, "dist"),
  }));
}

function testFolder(suite) {
  return { source: join(root, "test", suite), compiled: join(root, "test", "dist", suite) };
}

/** The compiled file of every test there is a source of, so that one whose source is gone does not run. */
function compiledTests(suite) {
  return suites[suite].folders.flatMap(({ source, compiled }) => {
    if (!existsSync(source)) return [];
    const { ending = ".test.ts" } = suites[suite];
    return readdirSync(source, { recursive: true })
      .filter((file) => file.endsWith(ending) && file.endsWith(SIMULATION) === (ending === SIMULATION))
      .sort()
      .map((file) => join(compiled, file.replace(/\.ts$/, ".js")));
  });
}

/** Resolves to whether the suite passed. A signal to this process is passed on and ends the whole run. */
async function runSuite(suite, files, extraOptions) {
  const options = ["--test-reporter=spec", ...extraOptions, ...suites[suite].options];
  const child = spawn(process.execPath, [...options, ...files], { cwd: root, stdio: "inherit" });
  const passOn = (signal) => {
    interrupted = true;
    child.kill(signal);
  };
  process.on("SIGINT", passOn);
  process.on("SIGTERM", passOn);
  const code = await new Promise((resolve) => {
    child.once("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once("exit", resolve);
  });
  process.off("SIGINT", passOn);
  process.off("SIGTERM", passOn);
  return code === 0;
}

const given = process.argv.slice(2).filter((argument) => argument !== "--");
const extraOptions = given.filter((argument) => argument.startsWith("-"));
const named = given.filter((argument) => !argument.startsWith("-"));
const unknown = named.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0) {
  console.error(`no such suite: ${unknown.join(", ")}; there are ${Object.keys(suites).join(", ")}`);
  console.error("(a value for an option of the test runner is written --option=value)");
  process.exit(2);
}

let interrupted = false;
let ran = 0;
const failed = [];
for (const suite of Object.keys(suites)) {
  const isWanted = named.length > 0 ? named.includes(suite) : !suites[suite].onlyNamed;
  if (interrupted || !isWanted) continue;
  const files = compiledTests(suite);
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) {
    console.error(
      `${suite}: not compiled: ${missing.map((file) => relative(root, file)).join(", ")}; run npm run build`,
    );
    failed.push(suite);
  }
  const present = files.filter((file) => existsSync(file));
  if (present.length === 0) {
    console.error(`${suite}: no test files found`);
    if (named.includes(suite)) failed.push(suite);
    continue;
  }
  console.error(`${suite}: ${present.length} files`);
  ran += 1;
  if (!(await runSuite(suite, present, extraOptions))) failed.push(suite);
}

if (interrupted) process.exit(130);
if (failed.length > 0) console.error(`failed: ${[...new Set(failed)].join(", ")}`);
process.exit(failed.length > 0 || ran === 0 ? 1 : 0);
