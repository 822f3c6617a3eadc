// Runs the compiled tests with Node's test runner: `node scripts/test.mjs [suite ...]`.
// Suites: unit (beside the code, no network), and the folders of test/. Without names, all of them.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
