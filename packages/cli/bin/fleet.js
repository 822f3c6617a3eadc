#!/usr/bin/env node
// The `fleet` command. Committed, so that npm links it before anything is built.
import { existsSync } from "node:fs";

const build = new URL("../dist/main.js", import.meta.url);
if (existsSync(build)) {
  const { main } = await import(build.href);
  await main(process.argv);
} else {
  console.error(
    "fleet is not built yet: run `npm run build` in its checkout (`npm start` and `npm test` do so themselves).",
  );
  process.exitCode = 1;
}
